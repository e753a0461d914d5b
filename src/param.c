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
	*match = (struct gpupt_match){ .by_id = true, .vendor = vendor, .device = device };
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
	*match = (struct gpupt_match){ .domain = domain, .bus = bus, .slot = slot };
	return 0;
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

		if (parse_id(word, &match) && parse_bdf(word, &match)) {
			ret = -EINVAL;
			goto out_free;
		}
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

bool gpupt_param_list_has(const struct gpupt_match_list *list, int domain, u8 bus, u8 slot,
			  u16 vendor, u16 device)
{
	unsigned int i;

	for (i = 0; i < list->count; i++) {
		const struct gpupt_match *m = &list->entry[i];

		if (m->by_id && m->vendor == vendor && m->device == device)
			return true;
		if (!m->by_id && m->domain == domain && m->bus == bus && m->slot == slot)
			return true;
	}
	return false;
}
