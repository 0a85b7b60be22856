#include "text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* The length of the UTF-8 character at s; 0 when it is none, or none that
 * Unicode has: an overlong form, a surrogate, or beyond the last. */
static int utf8_length(const unsigned char *s)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	int n = *s < 0x80 ? 1 : *s >> 5 == 6 ? 2 : *s >> 4 == 14 ? 3 : *s >> 3 == 30 ? 4 : 0;
	unsigned c = n < 2 ? *s : *s & (0x7f >> n);

	for (int i = 1; i < n; i++) {
		if (s[i] >> 6 != 2)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	return n && c >= least[n] && c < 0x110000 && c >> 11 != 0x1b ? n : 0;
}

int name_ok(const char *name)
{
	const unsigned char *s = (const unsigned char *)name;
	int n;

	if (!*s || strlen(name) >= NAME_SIZE)
		return 0;
	for (; *s; s += n) {
		n = utf8_length(s);
		if (!n || *s < ' ' || *s == 127)
			return 0;
	}
	return 1;
}

void id_make(char id[ID_SIZE])
{
	unsigned char bytes[16];

	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		abort();
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(id + 2 * i, 3, "%02x", bytes[i]);
}

int id_ok(const char *id)
{
	return strlen(id) == ID_SIZE - 1 && strspn(id, "0123456789abcdef") == ID_SIZE - 1;
}

int percent_encode(const char *src, char *dst, size_t size)
{
	for (; *src; src++) {
		unsigned char b = *src;
		int plain = b < 128 && (isalnum(b) || strchr("-_.~", b));
		size_t need = plain ? 1 : 3;

		if (size <= need)
			return -1;
		snprintf(dst, size, plain ? "%c" : "%%%02X", b);
		dst += need;
		size -= need;
	}
	*dst = 0;
	return 0;
}

int percent_decode(const char *src, size_t n, char *dst, size_t size)
{
	for (const char *end = src + n; src < end; src++) {
		char hex[3] = "";
		unsigned char b = *src;

		if (b == '%') {
			if (end - src < 3 || !isxdigit((unsigned char)src[1]) || !isxdigit((unsigned char)src[2]))
				return -1;
			memcpy(hex, src + 1, 2);
			b = strtol(hex, NULL, 16);
			src += 2;
		}
		if (b < ' ' || b == 127 || size < 2)
			return -1;
		*dst++ = b;
		size--;
	}
	*dst = 0;
	return 0;
}
