// SPDX-License-Identifier: GPL-2.0
/* Parsers of module parameters. */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/param.h"

/* Reads 1 to @digits hexadecimal digits; the kernel's sscanf() takes any width and signs. */
static bool take_hex(const char **p, unsigned int digits, unsigned int *val)
{
	unsigned int n = 0;

	*val = 0;
	while (n < digits && isxdigit(**p)) {
		*val = *val << 4 | (isdigit(**p) ? **p - '0' : tolower(**p) - 'a' + 10);
		(*p)++;
		n++;
	}
	return n > 0;
}

static bool take_char(const char **p, char c)
{
	if (**p != c)
		return false;
	(*p)++;
	return true;
}

static int parse_id(const char *word, struct gpupt_match *match)
{
	unsigned int vendor, device;
	const char *p = word;

	if (strlen(word) != strlen("vvvv:dddd"))
		return -EINVAL;
	if (!take_hex(&p, 4, &vendor) || !take_char(&p, ':') || !take_hex(&p, 4, &device) || *p)
		return -EINVAL;
	match->by_id = true;
	match->vendor = vendor;
	match->device = device;
	return 0;
}

static int parse_bdf(const char *word, struct gpupt_match *match)
{
	unsigned int domain = 0, bus, slot, fn;
	const char *p = word;

	if (strchr(word, ':') != strrchr(word, ':')) {
		if (!take_hex(&p, 8, &domain) || !take_char(&p, ':') || domain > INT_MAX)
			return -EINVAL;
	}
	if (!take_hex(&p, 2, &bus) || !take_char(&p, ':') || !take_hex(&p, 2, &slot) || slot > 31)
		return -EINVAL;
	if (take_char(&p, '.') && (!take_hex(&p, 1, &fn) || fn > 7))
		return -EINVAL;
	if (*p)
		return -EINVAL;
	match->by_place = true;
	match->domain = domain;
	match->bus = bus;
	match->slot = slot;
	return 0;
}

static int parse_entry(char *word, struct gpupt_match *match)
{
	char *id = strchr(word, '=');

	*match = (struct gpupt_match){};
	if (id) {
		*id++ = '\0';
		return parse_bdf(word, match) ?: parse_id(id, match);
	}
	return parse_id(word, match) ? parse_bdf(word, match) : 0;
}

int gpupt_param_parse_list(const char *text, struct gpupt_match_list *list)
{
	struct gpupt_match_list *parsed;
	char *copy, *rest, *word;
	int ret = 0;

	parsed = kzalloc(sizeof(*parsed), GFP_KERNEL);
	copy = kstrdup(text, GFP_KERNEL);
	if (!parsed || !copy) {
		ret = -ENOMEM;
		goto out_free;
	}

	rest = strim(copy);
	if (!*rest)
		goto out_publish;
	while ((word = strsep(&rest, ","))) {
		struct gpupt_match match;

		ret = parse_entry(word, &match);
		if (ret)
			goto out_free;
		if (parsed->count == GPUPT_MATCHES) {
			ret = -E2BIG;
			goto out_free;
		}
		parsed->entry[parsed->count++] = match;
	}
out_publish:
	*list = *parsed;
out_free:
	kfree(copy);
	kfree(parsed);
	return ret;
}

static bool notrace is_place(const struct gpupt_match *m, int domain, u8 bus, u8 slot)
{
	return m->domain == domain && m->bus == bus && m->slot == slot;
}

static bool notrace is_id(const struct gpupt_match *m, u16 vendor, u16 device)
{
	return m->vendor == vendor && m->device == device;
}

bool notrace gpupt_param_list_has(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
				  u16 vendor, u16 device)
{
	unsigned int i;

	for (i = 0; i < list->count; i++) {
		const struct gpupt_match *m = &list->entry[i];

		if ((!m->by_place || is_place(m, domain, bus, slot)) &&
		    (!m->by_id || is_id(m, vendor, device)))
			return true;
	}
	return false;
}

bool gpupt_param_list_denies(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
			     u16 vendor, u16 device)
{
	unsigned int i;

	for (i = 0; i < list->count; i++) {
		const struct gpupt_match *m = &list->entry[i];

		if (m->by_place && m->by_id && is_place(m, domain, bus, slot) &&
		    !is_id(m, vendor, device))
			return true;
	}
	return false;
}

bool gpupt_param_take_word(char *text, const char *word)
{
	char *from = text, *to;

	for (;;) {
		to = from + strcspn(from, ",");
		if (to - from == strlen(word) && !strncmp(from, word, to - from))
			break;
		if (!*to)
			return false;
		from = to + 1;
	}
	/* With the comma behind it; the last one with that before it. */
	if (*to)
		to++;
	else if (from > text)
		from--;
	memmove(from, to, strlen(to) + 1);
	return true;
}
