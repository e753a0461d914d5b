/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A second reader of lists of cards, by regular expressions: what include/gpupt/param.h says of
 * them, and nothing of how src/param.c does it. For the fuzzer and for the guest.
 */
#ifndef GPUPT_FUZZ_READER_H
#define GPUPT_FUZZ_READER_H

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define READER_ENTRIES	32

struct reading {
	bool by_id, by_place;
	unsigned long vendor, device, domain, bus, slot;
};

enum { READ_INVALID = -1, READ_TOO_MANY = -2 };

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

/* Return: number of entries; READ_INVALID or READ_TOO_MANY, whichever comes first in the text. */
static inline int reader_list(const char *text, struct reading *entries)
{
	static const char space[] = "\t\n\v\f\r \xa0";
	size_t len = strlen(text);
	int count = 0;

	while (len && strchr(space, text[len - 1]))
		len--;
	while (len && strchr(space, *text)) {
		text++;
		len--;
	}
	for (const char *end = text + len; len; count++) {
		const char *comma = memchr(text, ',', end - text);
		struct reading r;

		if (!reader_entry(text, (comma ? comma : end) - text, &r))
			return READ_INVALID;
		if (count == READER_ENTRIES)
			return READ_TOO_MANY;
		entries[count] = r;
		if (!comma)
			return count + 1;
		text = comma + 1;
	}
	return count;
}

#endif /* GPUPT_FUZZ_READER_H */
