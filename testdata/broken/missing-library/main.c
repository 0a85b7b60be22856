#include <unistd.h>

int gone(void);

int main(void)
{
	gone();
	return pause();
}
