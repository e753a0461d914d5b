/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the pure sources of the module use of the kernel, for user space. The runner includes it
 * in front of every source, and gives them empty files for the kernel's headers.
 */
#ifndef GPUPT_FUZZ_SHIM_H
#define GPUPT_FUZZ_SHIM_H

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT(n)			(1UL << (n))
#define GENMASK(high, low)	((~0UL << (low)) & (~0UL >> (63 - (high))))
#define FIELD_GET(mask, value)	(((value) & (mask)) >> __builtin_ctzl(mask))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define notrace
#define __printf(at, first)	__attribute__((format(printf, at, first)))
#undef static_assert
#define static_assert(holds)	_Static_assert(holds, #holds)

/* lib/ctype.c knows Latin-1, whatever the locale: 0xa0 is a space. */
static inline bool shim_isspace(unsigned char c)
{
	return (c >= '\t' && c <= '\r') || c == ' ' || c == 0xa0;
}

static inline bool shim_isdigit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

static inline unsigned char shim_tolower(unsigned char c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7))
		c += 'a' - 'A';
	return c;
}

static inline bool shim_isxdigit(unsigned char c)
{
	return shim_isdigit(c) || (c >= 'A' && c <= 'F') || (c >= 'a' && c <= 'f');
}

#define isspace	shim_isspace
#define isdigit	shim_isdigit
#define isxdigit	shim_isxdigit
#define tolower	shim_tolower

static inline char *strim(char *s)
{
	char *end = s + strlen(s);

	while (end > s && isspace(end[-1]))
		*--end = '\0';
	while (isspace(*s))
		s++;
	return s;
}

/* Equal, but for one newline at the end of either. */
static inline bool sysfs_streq(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return true;
	return (!*a && *b == '\n' && !b[1]) || (*a == '\n' && !a[1] && !*b);
}

static inline int vscnprintf(char *buf, size_t size, const char *format, va_list args)
{
	int len = vsnprintf(buf, size, format, args);

	if (!size)
		return 0;
	return len < (int)size ? len : (int)size - 1;
}

static inline __printf(3, 4) int scnprintf(char *buf, size_t size, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vscnprintf(buf, size, format, args);
	va_end(args);
	return len;
}

/* The allocation that fails, counted from 1; 0 is none. */
extern unsigned int fail_nth;

#define GFP_KERNEL	0

static inline bool alloc_fails(void)
{
	return fail_nth && !--fail_nth;
}

static inline void *kzalloc(size_t size, int flags)
{
	(void)flags;
	return alloc_fails() ? NULL : calloc(1, size);
}

static inline char *kstrdup(const char *s, int flags)
{
	(void)flags;
	return alloc_fails() ? NULL : strdup(s);
}

static inline void *kvcalloc(size_t n, size_t size, int flags)
{
	(void)flags;
	return alloc_fails() ? NULL : calloc(n, size);
}

static inline void kvfree(const void *p)
{
	free((void *)p);
}

#define pr_err(...)	((void)0)
#define pr_warn(...)	((void)0)

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t len = strnlen(from, size);

	if (len == size)
		len--;
	memcpy(to, from, len);
	to[len] = '\0';
	return len;
}

static inline void kfree(const void *p)
{
	free((void *)p);
}

#endif /* GPUPT_FUZZ_SHIM_H */
