/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A second reader of lists of cards, by regular expressions: what include/gpupt/param.h says of
 * them, and nothing of how src/param.c does it. For the fuzzer.
 */
#ifndef GPUPT_FUZZ_READER_H
#define GPUPT_FUZZ_READER_H

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define READER_ENTRIES	4096

struct reading {
	bool by_id, by_place;
	unsigned long vendor, device, domain, bus, slot;
};

static inline bool reader_matches(const char *text, size_t len, const char *pattern, regex_t *regex,
				  regmatch_t *part)
{
	if (!regex->re_nsub && regcomp(regex, pattern, REG_EXTENDED | REG_ICASE))
		abort();
	part[0].rm_so = 0;
	part[0].rm_eo = len;
	return !regexec(regex, text, 8, part, REG_STARTEND);
}

static inline unsigned long reader_number(const char *text, regmatch_t part)
{
	return part.rm_so < 0 ? 0 : strtoul(text + part.rm_so, NULL, 16);
}

static inline bool reader_entry(const char *text, size_t len, struct reading *r)
{
	static regex_t id, place;
	const char *equals = memchr(text, '=', len);
	regmatch_t part[8];

	memset(r, 0, sizeof(*r));
	if (equals) {
		struct reading of_id;

		if (!reader_entry(text, equals - text, r) || r->by_id ||
		    !reader_entry(equals + 1, text + len - equals - 1, &of_id) || of_id.by_place)
			return false;
		r->by_id = true;
		r->vendor = of_id.vendor;
		r->device = of_id.device;
		return true;
	}
	if (reader_matches(text, len, "^([0-9a-f]{4}):([0-9a-f]{4})$", &id, part)) {
		r->by_id = true;
		r->vendor = reader_number(text, part[1]);
		r->device = reader_number(text, part[2]);
		return true;
	}
	if (!reader_matches(text, len,
			    "^(([0-9a-f]{1,8}):)?([0-9a-f]{1,2}):([0-9a-f]{1,2})(\\.[0-7])?$",
			    &place, part))
		return false;
	r->by_place = true;
	r->domain = reader_number(text, part[2]);
	r->bus = reader_number(text, part[3]);
	r->slot = reader_number(text, part[4]);
	return r->slot <= 0x1f && r->domain <= 0x7fffffff;
}

/* Return: number of entries in @entries; *@left_out: of words that are none. */
static inline int reader_list(const char *text, struct reading *entries, int *left_out)
{
	static const char space[] = "\t\n\v\f\r \xa0";
	int count = 0;

	*left_out = 0;
	for (const char *end; ; text = end + 1) {
		const char *last;

		end = strchrnul(text, ',');
		for (last = end; last > text && strchr(space, last[-1]); last--)
			;
		while (text < last && strchr(space, *text))
			text++;
		if (text < last && !reader_entry(text, last - text, &entries[count]))
			++*left_out;
		else if (text < last)
			count++;
		if (!*end)
			return count;
	}
}

#endif /* GPUPT_FUZZ_READER_H */
