/* Names, the identity of greetings, and how names travel in URLs. */
#ifndef GREETER_TEXT_H
#define GREETER_TEXT_H

#include <stddef.h>

#define NAME_SIZE 201	/* bytes, with the one that ends it */
#define ID_SIZE 33

/* 1 when it is UTF-8 without control characters, neither empty nor too long:
 * what every service takes. */
int name_ok(const char *name);

/* Makes an id that nobody else makes: 32 hexadecimal digits. */
void id_make(char id[ID_SIZE]);
int id_ok(const char *id);

/* -1 when dst is too small. */
int percent_encode(const char *src, char *dst, size_t size);

/* Decodes n bytes; -1 when they are malformed, have a control character, or
 * dst is too small. */
int percent_decode(const char *src, size_t n, char *dst, size_t size);

#endif
