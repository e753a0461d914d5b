// SPDX-License-Identifier: GPL-2.0
/* Parsers of module parameters. */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/printk.h>
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

int gpupt_param_parse_word(const char *word, struct gpupt_match *match)
{
	char place[sizeof("dddddddd:bb:dd.f")];
	const char *id = strchr(word, '=');

	*match = (struct gpupt_match){};
	if (!id)
		return parse_id(word, match) ? parse_bdf(word, match) : 0;
	if (id - word >= sizeof(place))
		return -EINVAL;
	strscpy(place, word, id - word + 1);
	return parse_bdf(place, match) ?: parse_id(id + 1, match);
}

static unsigned int count_words(const char *text)
{
	unsigned int n = 1;

	for (; *text; text++)
		n += *text == ',';
	return n;
}

int gpupt_param_parse_list(const char *name, const char *also, const char *text,
			   struct gpupt_match_list *list)
{
	struct gpupt_match_list parsed = {};
	char *copy, *rest, *word;
	int left_out = 0;

	copy = kstrdup(text, GFP_KERNEL);
	parsed.entry = kvcalloc(count_words(text), sizeof(*parsed.entry), GFP_KERNEL);
	if (!copy || !parsed.entry) {
		pr_err("gpupt_reset: %s= cannot be taken in, out of memory\n", name);
		kvfree(parsed.entry);
		kfree(copy);
		return -ENOMEM;
	}
	rest = copy;
	while ((word = strsep(&rest, ","))) {
		word = strim(word);
		if (!*word)
			continue;
		if (!gpupt_param_parse_word(word, &parsed.entry[parsed.count])) {
			parsed.count++;
			continue;
		}
		left_out++;
		pr_warn("gpupt_reset: %s= goes without \"%.64s\", which is not understood; use a slot (01:00 or 0000:01:00.0), an ID (10de:1b38) or both (01:00=10de:1b38)%s\n",
			name, word, also);
	}
	kfree(copy);
	gpupt_param_free_list(list);
	*list = parsed;
	return left_out;
}

void gpupt_param_free_list(void *list)
{
	struct gpupt_match_list *l = list;

	kvfree(l->entry);
	*l = (struct gpupt_match_list){};
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

static bool is_word(const char *from, const char *to, const char *word)
{
	while (from < to && isspace(*from))
		from++;
	while (from < to && isspace(to[-1]))
		to--;
	return to - from == strlen(word) && !strncmp(from, word, to - from);
}

bool gpupt_param_take_word(char *text, const char *word)
{
	char *from = text, *to;

	for (;;) {
		to = from + strcspn(from, ",");
		if (is_word(from, to, word))
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
