// SPDX-License-Identifier: GPL-2.0
/* Lists of cards: each word taken whole or not at all, whatever the text. */
#include <kunit/test.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "gpupt/param.h"

struct good_entry {
	const char *text;
	struct gpupt_match match;
};

static const struct good_entry good_entries[] = {
	{ "01:00", { .bus = 1 } },
	{ "01:00.0", { .bus = 1 } },
	{ "01:00.7", { .bus = 1 } },
	{ "0000:01:00.0", { .bus = 1 } },
	{ "0000:ff:1f", { .bus = 0xff, .slot = 0x1f } },
	{ "0002:AB:0c.1", { .domain = 2, .bus = 0xab, .slot = 0xc } },
	{ "10000:e1:00.0", { .domain = 0x10000, .bus = 0xe1 } },
	{ "7fffffff:00:00", { .domain = 0x7fffffff } },
	{ "10de:1b38", { .by_id = true, .vendor = 0x10de, .device = 0x1b38 } },
	{ "10DE:220A", { .by_id = true, .vendor = 0x10de, .device = 0x220a } },
	{ "0000:0000", { .by_id = true } },
	{ "01:00\n", { .bus = 1 } },
	{ "01:00=10de:1b38", { .bus = 1, .by_id = true, .vendor = 0x10de, .device = 0x1b38 } },
	{ "0002:AB:0c.1=10DE:220a",
	  { .domain = 2, .bus = 0xab, .slot = 0xc, .by_id = true, .vendor = 0x10de,
	    .device = 0x220a } },
};

static void good_desc(const struct good_entry *good, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%.*s", (int)strcspn(good->text, "\n"), good->text);
}

KUNIT_ARRAY_PARAM(good, good_entries, good_desc);

static struct gpupt_match_list list;

static int parse(const char *text)
{
	return gpupt_param_parse_list("cards", ", or nothing", text, &list);
}

static void parse_list_takes(struct kunit *test)
{
	const struct good_entry *good = test->param_value;
	const struct gpupt_match *want = &good->match;

	KUNIT_ASSERT_EQ(test, parse(good->text), 0);
	KUNIT_ASSERT_EQ(test, list.count, 1U);
	KUNIT_EXPECT_EQ(test, list.entry[0].by_id, want->by_id);
	KUNIT_EXPECT_EQ(test, list.entry[0].by_place, !want->by_id || strchr(good->text, '='));
	KUNIT_EXPECT_EQ(test, list.entry[0].vendor, want->vendor);
	KUNIT_EXPECT_EQ(test, list.entry[0].device, want->device);
	KUNIT_EXPECT_EQ(test, list.entry[0].domain, want->domain);
	KUNIT_EXPECT_EQ(test, list.entry[0].bus, want->bus);
	KUNIT_EXPECT_EQ(test, list.entry[0].slot, want->slot);
}

static const char * const bad_words[] = {
	"01", ":", "::", ":00", "01:", "01:00.", "01:00.8", "01:00.00", "01:00.g", "01:20",
	"01:000", "001:00", "100:00", "01:-1", "+1:00", "0x01:00", "01:00.0.0", "01:00:00:00",
	":01:00", "0000::00", "80000000:01:00", "ffffffff:01:00", "000000000:01:00", "10de:1b380",
	"10de:1b3g", "10dg:1b38", "010de:1b38", "10de1b38", "10de:1b38.0", "all", "gpu",
	"01:00 02:00", "01:00;02:00", "01: 00", "01:00\n02:00", "%s%s%n", "\xff\xff\xff\xff",
	"\xb2\xb3:\xb9\xb2", "=", "=10de:1b38", "01:00=", "01:00=01:00", "10de:1b38=01:00",
	"01:00=10de:1b38=", "01:00=10de:1b38=10de:1b38", "01:00==10de:1b38", "01:00=10de:1b38.0",
	"01:00= 10de:1b38", "0000:82.0.0", "0000:01.00.0", "0x10de:0x1b38",
	"000000000000000000000000000000000:01:00=10de:1b38",
};

static void bad_desc(const char * const *bad, char *desc)
{
	const char *c = *bad;
	unsigned int i;

	for (i = 0; c[i]; i++)
		desc[i] = isascii(c[i]) && isprint(c[i]) ? c[i] : '?';
	desc[i] = '\0';
}

KUNIT_ARRAY_PARAM(bad, bad_words, bad_desc);

/* It costs that word. */
static void parse_list_leaves_out(struct kunit *test)
{
	const char * const *bad = test->param_value;
	struct gpupt_match match;
	char text[80];

	KUNIT_EXPECT_EQ(test, gpupt_param_parse_word(*bad, &match), -EINVAL);
	snprintf(text, sizeof(text), "01:00,%s,10de:1b38", *bad);
	KUNIT_EXPECT_EQ(test, parse(text), 1);
	KUNIT_ASSERT_EQ(test, list.count, 2U);
	KUNIT_EXPECT_EQ(test, list.entry[0].bus, 1);
	KUNIT_EXPECT_TRUE(test, list.entry[0].by_place && !list.entry[0].by_id);
	KUNIT_EXPECT_EQ(test, list.entry[1].device, 0x1b38);
	KUNIT_EXPECT_TRUE(test, list.entry[1].by_id && !list.entry[1].by_place);
	KUNIT_EXPECT_EQ(test, parse(*bad), 1);
	KUNIT_EXPECT_EQ(test, list.count, 0U);
}

struct whole_list {
	const char *text;
	unsigned int count;
	int left_out;
};

static const struct whole_list whole_lists[] = {
	{ "", 0, 0 },
	{ "\n", 0, 0 },
	{ ",", 0, 0 },
	{ " , ,", 0, 0 },
	{ "01:00,", 1, 0 },
	{ ",01:00", 1, 0 },
	{ "01:00,\n", 1, 0 },
	{ "01:00\r\n", 1, 0 },
	{ "01:00,,02:00", 2, 0 },
	{ "01:00, 02:00 ,\t03:00", 3, 0 },
	{ "01:00,10de:1b38,nonsense", 2, 1 },
	{ "0000:82.0.0,0000:82:00.0,10de", 1, 2 },
	{ "a,b,c", 0, 3 },
};

static void whole_desc(const struct whole_list *whole, char *desc)
{
	unsigned int i;

	strscpy(desc, whole->text, KUNIT_PARAM_DESC_SIZE);
	for (i = 0; desc[i]; i++)
		if (!isprint(desc[i]))
			desc[i] = '?';
}

KUNIT_ARRAY_PARAM(whole, whole_lists, whole_desc);

static void parse_list_counts(struct kunit *test)
{
	const struct whole_list *whole = test->param_value;

	KUNIT_ASSERT_EQ(test, parse("0f:00,0e:00,0d:00"), 0);
	KUNIT_EXPECT_EQ(test, parse(whole->text), whole->left_out);
	KUNIT_EXPECT_EQ(test, list.count, whole->count);
}

static void parse_list_keeps_the_order(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, parse("02:00,10de:2206,01:00.1\n"), 0);
	KUNIT_ASSERT_EQ(test, list.count, 3U);
	KUNIT_EXPECT_EQ(test, list.entry[0].bus, 2);
	KUNIT_EXPECT_TRUE(test, list.entry[1].by_id);
	KUNIT_EXPECT_EQ(test, list.entry[1].device, 0x2206);
	KUNIT_EXPECT_EQ(test, list.entry[2].bus, 1);
}

/* A host of 64 cards was seen; the bus numbers of a domain are the most that this format says. */
static void parse_list_has_no_limit(struct kunit *test)
{
	const unsigned int most = 256;
	char *text = kunit_kzalloc(test, most * 6 + 1, GFP_KERNEL);
	unsigned int i, len = 0;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < most; i++)
		len += sprintf(text + len, "%s%02x:00", i ? "," : "", i);
	KUNIT_EXPECT_EQ(test, parse(text), 0);
	KUNIT_ASSERT_EQ(test, list.count, most);
	for (i = 0; i < most; i++)
		KUNIT_EXPECT_EQ(test, list.entry[i].bus, i);
	KUNIT_EXPECT_TRUE(test, gpupt_param_list_has(&list, 0, 0xff, 0, 0x10de, 0x1b38));
}

static void parse_list_survives_long_text(struct kunit *test)
{
	const unsigned int size = 4096;
	char *text = kunit_kzalloc(test, size, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < 4; i++) {
		memset(text, "0:,a"[i], size - 1);
		KUNIT_EXPECT_EQ(test, parse(text), i != 2);
		KUNIT_EXPECT_EQ(test, list.count, 0U);
	}
}

/*
 * Any text of these characters is either refused, or means what another
 * reader, sscanf(), makes of it.
 */
static void parse_word_agrees_with_a_second_reader(struct kunit *test)
{
	static const char alphabet[] = "01fa:.,g";
	unsigned int seed = 1, taken = 0, i, j;

	for (i = 0; i < 200000; i++) {
		unsigned int len = 5 + i % 3, bus, slot, fn;
		struct gpupt_match match;
		char text[8] = "", end;

		for (j = 0; j < len; j++) {
			seed = seed * 1103515245 + 12345;
			text[j] = alphabet[seed >> 16 & 7];
		}
		if (gpupt_param_parse_word(text, &match))
			continue;
		taken++;
		if (match.domain)
			continue;
		if (sscanf(text, "%x:%x.%x%c", &bus, &slot, &fn, &end) != 3 &&
		    sscanf(text, "%x:%x%c", &bus, &slot, &end) != 2 &&
		    sscanf(text, "0:%x:%x%c", &bus, &slot, &end) != 2 &&
		    sscanf(text, "00:%x:%x%c", &bus, &slot, &end) != 2 &&
		    sscanf(text, "000:%x:%x%c", &bus, &slot, &end) != 2) {
			KUNIT_FAIL(test, "took '%s'", text);
			return;
		}
		if (match.bus != bus || match.slot != slot) {
			KUNIT_FAIL(test, "misread '%s'", text);
			return;
		}
	}
	KUNIT_EXPECT_GT(test, taken, 100U);
}

static void parse_list_reports_lack_of_memory(struct kunit *test)
{
	unsigned int nth;
	int ret;

	fail_nth_need(test);
	KUNIT_ASSERT_EQ(test, parse("02:00,03:00"), 0);
	for (nth = 1; nth < 20; nth++) {
		fail_nth_begin(nth);
		ret = parse("01:00");
		if (!fail_nth_end())
			break;
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_EQ(test, list.count, 2U);
		KUNIT_EXPECT_EQ(test, list.entry[1].bus, 3);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, list.count, 1U);
	KUNIT_EXPECT_GT_MSG(test, nth, 2U, "no allocation failed");
}

static void free_list_makes_it_empty(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, parse("02:00,03:00"), 0);
	gpupt_param_free_list(&list);
	KUNIT_EXPECT_EQ(test, list.count, 0U);
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_has(&list, 0, 2, 0, 0x10de, 0x1b38));
	gpupt_param_free_list(&list);
}

struct lookup {
	const char *list;
	int domain;
	u8 bus;
	u8 slot;
	u16 vendor;
	u16 device;
	bool listed;
};

static const struct lookup lookups[] = {
	{ "", 0, 0, 0, 0, 0, false },
	{ "01:00", 0, 1, 0, 0x10de, 0x1b38, true },
	{ "01:00.1", 0, 1, 0, 0x10de, 0x1b38, true },
	{ "01:00", 0, 1, 1, 0x10de, 0x1b38, false },
	{ "01:00", 0, 2, 0, 0x10de, 0x1b38, false },
	{ "01:00", 1, 1, 0, 0x10de, 0x1b38, false },
	{ "0001:01:00", 1, 1, 0, 0x10de, 0x1b38, true },
	{ "10de:1b38", 0, 1, 0, 0x10de, 0x1b38, true },
	{ "10de:1b38", 0, 0, 0, 0x10de, 0x1b39, false },
	{ "10de:1b38", 0, 0, 0, 0x1002, 0x1b38, false },
	{ "02:00,10de:1b38,03:00", 0, 3, 0, 0x10de, 0x2206, true },
	{ "02:00,10de:1b38,03:00", 0, 4, 0, 0x10de, 0x2206, false },
	{ "00:00", 0, 0, 0, 0x10de, 0x1b38, true },
	{ "0000:0000", 0, 0, 0, 0x10de, 0x1b38, false },
};

static void lookup_desc(const struct lookup *l, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s' %04x:%02x:%02x %04x:%04x", l->list, l->domain,
		 l->bus, l->slot, l->vendor, l->device);
}

KUNIT_ARRAY_PARAM(lookup, lookups, lookup_desc);

static void list_has(struct kunit *test)
{
	const struct lookup *l = test->param_value;

	KUNIT_ASSERT_EQ(test, parse(l->list), 0);
	KUNIT_EXPECT_EQ(test, gpupt_param_list_has(&list, l->domain, l->bus, l->slot, l->vendor,
						   l->device), l->listed);
}

static void list_denies(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, parse("01:00=10de:1b38,02:00,10de:2206"), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(&list, 0, 1, 0, 0x10de, 0x1b38));
	KUNIT_EXPECT_TRUE(test, gpupt_param_list_denies(&list, 0, 1, 0, 0x10de, 0x2206));
	KUNIT_EXPECT_TRUE(test, gpupt_param_list_denies(&list, 0, 1, 0, 0x10df, 0x1b38));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(&list, 1, 1, 0, 0x10de, 0x2206));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(&list, 0, 1, 1, 0x10de, 0x2206));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(&list, 0, 2, 0, 0x10de, 0x1b38));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(&list, 0, 3, 0, 0x10de, 0x1b38));
}

struct word {
	const char *text;
	const char *word;
	bool there;
	const char *rest;
};

static const struct word words[] = {
	{ "all", "all", true, "" },
	{ "all,01:00", "all", true, "01:00" },
	{ "01:00,all", "all", true, "01:00" },
	{ "01:00,all,02:00", "all", true, "01:00,02:00" },
	{ "force,all", "all", true, "force" },
	{ "all,all", "all", true, "all" },
	{ "", "all", false, "" },
	{ ",", "all", false, "," },
	{ "all,", "all", true, "" },
	{ ",all", "all", true, "" },
	{ "ball,allo,al", "all", false, "ball,allo,al" },
	{ "ALL", "all", false, "ALL" },
	{ "all 01:00", "all", false, "all 01:00" },
	{ "01:00, all", "all", true, "01:00" },
	{ " all ", "all", true, "" },
};

static void word_desc(const struct word *w, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", w->text);
}

KUNIT_ARRAY_PARAM(word, words, word_desc);

static void take_word(struct kunit *test)
{
	const struct word *w = test->param_value;
	char text[32];

	strscpy(text, w->text, sizeof(text));
	KUNIT_EXPECT_EQ(test, gpupt_param_take_word(text, w->word), w->there);
	KUNIT_EXPECT_STREQ(test, text, w->rest);
}

static struct kunit_case param_cases[] = {
	KUNIT_CASE_PARAM(parse_list_takes, good_gen_params),
	KUNIT_CASE_PARAM(parse_list_leaves_out, bad_gen_params),
	KUNIT_CASE_PARAM(parse_list_counts, whole_gen_params),
	KUNIT_CASE(parse_list_keeps_the_order),
	KUNIT_CASE(parse_list_has_no_limit),
	KUNIT_CASE(parse_list_survives_long_text),
	KUNIT_CASE(parse_word_agrees_with_a_second_reader),
	KUNIT_CASE(parse_list_reports_lack_of_memory),
	KUNIT_CASE(free_list_makes_it_empty),
	KUNIT_CASE_PARAM(list_has, lookup_gen_params),
	KUNIT_CASE(list_denies),
	KUNIT_CASE_PARAM(take_word, word_gen_params),
	{}
};

static void tear_down(struct kunit *test)
{
	gpupt_param_free_list(&list);
}

static struct kunit_suite param_suite = {
	.name = "gpupt_reset_param",
	.exit = tear_down,
	.test_cases = param_cases,
};

kunit_test_suite(param_suite);
