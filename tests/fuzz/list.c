// SPDX-License-Identifier: GPL-2.0
// sources: param
/*
 * Lists of cards. Whatever the text: each word is taken whole or not at all, means what a second
 * reader makes of it, and the list prints back to text that means the same. Then functions are looked up in it.
 */
#include "gpupt/param.h"

#include "fuzz.h"
#include "reader.h"

TALLIES({ "taken" }, { "left-out" }, { "many" }, { "no-memory" }, { "listed" }, { "denied" });
enum { TAKEN, LEFT_OUT, MANY, NO_MEMORY, LISTED, DENIED };

/* More than any host has cards. */
#define MOST	100

static const char *const tokens[] = {
	"01:00", "10de:1b38", ",", ",", ",", ",02:00,", ",10DE:220a,", ":", ".", "=", "=10de:1b38,",
	"0000:", "0", "1", "7", "8", "f", "F", "g", "1f", "20", "7fffffff:", "80000000:", "00",
	"ffff", " ", "\n", "\xa0", "all", "-", "+", "0x", ",03:1f.7", ",0002:ab:0C.1",
};

/* Up to MOST well-formed entries, then anything. */
static char *make_text(struct input *in)
{
	uint8_t how = take(in);
	unsigned int entries = how & 1 ? take(in) % (MOST + 1) : 0;
	char *text = malloc(entries * 16 + 1), *rest, *all;
	size_t len = 0;

	for (unsigned int i = 0; i < entries; i++)
		len += sprintf(text + len, "%s%02x:00%s", i ? "," : "", i,
			       how & 2 ? "=10de:1b38" : "");
	text[len] = '\0';
	rest = take_text(in, tokens, ARRAY_SIZE(tokens), 4096);
	all = malloc(len + strlen(rest) + 1);
	sprintf(all, "%s%s", text, rest);
	free(rest);
	free(text);
	return all;
}

static void expect_same(const struct gpupt_match *m, const struct reading *r)
{
	expect(m->by_id == r->by_id);
	expect(m->by_place == r->by_place);
	expect(m->vendor == r->vendor);
	expect(m->device == r->device);
	expect((unsigned long)m->domain == r->domain);
	expect(m->bus == r->bus);
	expect(m->slot == r->slot);
}

static void expect_prints_back(const struct gpupt_match_list *list, const struct reading *readings)
{
	struct gpupt_match_list *again = calloc(1, sizeof(*again));
	char *text = calloc(list->count + 1, 32);
	size_t len = 0;

	for (unsigned int i = 0; i < list->count; i++) {
		const struct gpupt_match *m = &list->entry[i];

		if (i)
			text[len++] = ',';
		if (m->by_place)
			len += sprintf(text + len, "%04x:%02x:%02x", m->domain, m->bus, m->slot);
		if (m->by_place && m->by_id)
			text[len++] = '=';
		if (m->by_id)
			len += sprintf(text + len, "%04x:%04x", m->vendor, m->device);
		text[len] = '\0';
	}
	expect(gpupt_param_parse_list("cards", "", text, again) == 0);
	expect(again->count == list->count);
	for (unsigned int i = 0; i < again->count; i++)
		expect_same(&again->entry[i], &readings[i]);
	gpupt_param_free_list(again);
	free(again);
	free(text);
}

static void expect_found(struct input *in, const struct gpupt_match_list *list,
			 const struct reading *readings, int count)
{
	bool listed = false, denied = false;
	/* Half of them are, or nearly are, in the list. */
	uint8_t change = take(in);
	const struct reading *like = &readings[take(in) % count];
	int domain = like->domain ^ (change & 1 ? take32(in) & INT_MAX : 0);
	u8 bus = like->bus ^ (change & 2 ? take(in) : 0);
	u8 slot = like->slot ^ (change & 4 ? take(in) & 31 : 0);
	u16 vendor = like->vendor ^ (change & 8 ? take32(in) : 0);
	u16 device = like->device ^ (change & 16 ? take32(in) : 0);

	for (int i = 0; i < count; i++) {
		const struct reading *r = &readings[i];
		bool place = r->domain == (unsigned long)domain && r->bus == bus && r->slot == slot;
		bool id = r->vendor == vendor && r->device == device;

		if (r->by_place && r->by_id) {
			listed |= place && id;
			denied |= place && !id;
		} else {
			listed |= r->by_place ? place : id;
		}
	}
	expect(gpupt_param_list_has(list, domain, bus, slot, vendor, device) == listed);
	expect(gpupt_param_list_denies(list, domain, bus, slot, vendor, device) == denied);
	tallies[LISTED].count += listed;
	tallies[DENIED].count += denied;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct reading readings[READER_ENTRIES];
	struct gpupt_match_list list = {}, before;
	struct input probe = { data, size < 16 ? size : 16 };
	struct input in = { data, size };
	char *text, *copy;
	int count, left_out;

	take32(&in);
	text = make_text(&in);
	copy = strdup(text);
	expect(gpupt_param_parse_list("cards", "", "0f:00,0e:00", &list) == 0);
	before = list;

	for (unsigned int nth = 1; nth <= 2; nth++) {
		fail_nth = nth;
		expect(gpupt_param_parse_list("cards", "", text, &list) == -ENOMEM);
		fail_nth = 0;
		expect(!memcmp(&list, &before, sizeof(list)));
		tallies[NO_MEMORY].count++;
	}

	count = reader_list(text, readings, &left_out);
	expect(gpupt_param_parse_list("cards", "", text, &list) == left_out);
	expect(!strcmp(text, copy));
	expect(list.count == (unsigned int)count);
	for (int i = 0; i < count; i++)
		expect_same(&list.entry[i], &readings[i]);
	tallies[MANY].count += count > 32;
	tallies[TAKEN].count += count > 0;
	tallies[LEFT_OUT].count += left_out > 0;
	expect_prints_back(&list, readings);
	if (count)
		expect_found(&probe, &list, readings, count);

	gpupt_param_free_list(&list);
	free(copy);
	free(text);
	return 0;
}
