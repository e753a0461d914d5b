// SPDX-License-Identifier: GPL-2.0
/* Lists of cards: taken whole or not at all, whatever the text. */
#include <kunit/test.h>
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

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

static void parse_list_takes(struct kunit *test)
{
	const struct good_entry *good = test->param_value;
	const struct gpupt_match *want = &good->match;
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_EQ(test, gpupt_param_parse_list(good->text, list), 0);
	KUNIT_ASSERT_EQ(test, list->count, 1U);
	KUNIT_EXPECT_EQ(test, list->entry[0].by_id, want->by_id);
	KUNIT_EXPECT_EQ(test, list->entry[0].by_place, !want->by_id || strchr(good->text, '='));
	KUNIT_EXPECT_EQ(test, list->entry[0].vendor, want->vendor);
	KUNIT_EXPECT_EQ(test, list->entry[0].device, want->device);
	KUNIT_EXPECT_EQ(test, list->entry[0].domain, want->domain);
	KUNIT_EXPECT_EQ(test, list->entry[0].bus, want->bus);
	KUNIT_EXPECT_EQ(test, list->entry[0].slot, want->slot);
}

static const char * const bad_lists[] = {
	",", "01:00,", ",01:00", "01:00,,02:00", "01", ":", "::", ":00", "01:", "01:00.", "01:00.8",
	"01:00.00", "01:00.g", "01:20", "01:000", "001:00", "100:00", "01:-1", "+1:00", "0x01:00",
	"01:00.0.0", "01:00:00:00", ":01:00", "0000::00", "80000000:01:00", "ffffffff:01:00",
	"000000000:01:00", "10de:1b380", "10de:1b3g", "10dg:1b38", "010de:1b38", "10de1b38",
	"10de:1b38.0", "all", "gpu", "01:00 02:00", "01:00;02:00", "01: 00", "01:00, 02:00",
	"01:00\n02:00", "01:00,\n", "%s%s%n", "\xff\xff\xff\xff", "\xb2\xb3:\xb9\xb2",
	"01:00,10de:1b38,nonsense", "=", "=10de:1b38", "01:00=", "01:00=01:00", "10de:1b38=01:00",
	"01:00=10de:1b38=", "01:00=10de:1b38=10de:1b38", "01:00==10de:1b38", "01:00=10de:1b38.0",
};

static void bad_desc(const char * const *bad, char *desc)
{
	const char *c = *bad;
	unsigned int i;

	for (i = 0; c[i]; i++)
		desc[i] = isascii(c[i]) && isprint(c[i]) ? c[i] : '?';
	desc[i] = '\0';
}

KUNIT_ARRAY_PARAM(bad, bad_lists, bad_desc);

static void parse_list_refuses(struct kunit *test)
{
	const char * const *bad = test->param_value;
	struct gpupt_match_list *list = kunit_kzalloc(test, 2 * sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	memset(list, 0x5a, 2 * sizeof(*list));
	KUNIT_EXPECT_EQ(test, gpupt_param_parse_list(*bad, list), -EINVAL);
	KUNIT_EXPECT_EQ_MSG(test, memcmp(list, list + 1, sizeof(*list)), 0, "the list was changed");
}

static void parse_list_of_nothing_is_empty(struct kunit *test)
{
	static const char * const texts[] = { "", "\n" };
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, list);
	for (i = 0; i < ARRAY_SIZE(texts); i++) {
		list->count = 7;
		KUNIT_EXPECT_EQ(test, gpupt_param_parse_list(texts[i], list), 0);
		KUNIT_EXPECT_EQ(test, list->count, 0U);
	}
}

static void parse_list_keeps_the_order(struct kunit *test)
{
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_EQ(test, gpupt_param_parse_list("02:00,10de:2206,01:00.1\n", list), 0);
	KUNIT_ASSERT_EQ(test, list->count, 3U);
	KUNIT_EXPECT_EQ(test, list->entry[0].bus, 2);
	KUNIT_EXPECT_TRUE(test, list->entry[1].by_id);
	KUNIT_EXPECT_EQ(test, list->entry[1].device, 0x2206);
	KUNIT_EXPECT_EQ(test, list->entry[2].bus, 1);
}

static void parse_list_is_bounded(struct kunit *test)
{
	struct gpupt_match_list *list = kunit_kzalloc(test, 2 * sizeof(*list), GFP_KERNEL);
	char *text = kunit_kzalloc(test, (GPUPT_MATCHES + 1) * 6 + 1, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < GPUPT_MATCHES; i++)
		sprintf(text + strlen(text), "%s%02x:00", i ? "," : "", i);
	KUNIT_EXPECT_EQ(test, gpupt_param_parse_list(text, list), 0);
	KUNIT_EXPECT_EQ(test, list->count, (unsigned int)GPUPT_MATCHES);
	KUNIT_EXPECT_EQ(test, list->entry[GPUPT_MATCHES - 1].bus, GPUPT_MATCHES - 1);

	memset(list, 0x5a, 2 * sizeof(*list));
	strcat(text, ",ff:00");
	KUNIT_EXPECT_EQ(test, gpupt_param_parse_list(text, list), -E2BIG);
	KUNIT_EXPECT_EQ_MSG(test, memcmp(list, list + 1, sizeof(*list)), 0, "the list was changed");
}

static void parse_list_survives_long_text(struct kunit *test)
{
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	const unsigned int size = 4096;
	char *text = kunit_kzalloc(test, size, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_NOT_NULL(test, text);
	for (i = 0; i < 4; i++) {
		memset(text, "0:,a"[i], size - 1);
		KUNIT_EXPECT_EQ(test, gpupt_param_parse_list(text, list), -EINVAL);
	}
}

/*
 * Any text of these characters is either refused, or means what another
 * reader, sscanf(), makes of it, one entry at a time.
 */
static void parse_list_agrees_with_a_second_reader(struct kunit *test)
{
	static const char alphabet[] = "01fa:.,g";
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);
	unsigned int seed = 1, taken = 0, i, j;

	KUNIT_ASSERT_NOT_NULL(test, list);
	for (i = 0; i < 200000; i++) {
		unsigned int len = 5 + i % 3, bus, slot, fn;
		char text[8] = "", end;

		for (j = 0; j < len; j++) {
			seed = seed * 1103515245 + 12345;
			text[j] = alphabet[seed >> 16 & 7];
		}
		if (gpupt_param_parse_list(text, list))
			continue;
		taken++;
		KUNIT_ASSERT_GT(test, list->count, 0U);
		if (list->count > 1 || list->entry[0].domain)
			continue;
		if (sscanf(text, "%x:%x.%x%c", &bus, &slot, &fn, &end) != 3 &&
		    sscanf(text, "%x:%x%c", &bus, &slot, &end) != 2 &&
		    sscanf(text, "0:%x:%x%c", &bus, &slot, &end) != 2 &&
		    sscanf(text, "00:%x:%x%c", &bus, &slot, &end) != 2 &&
		    sscanf(text, "000:%x:%x%c", &bus, &slot, &end) != 2) {
			KUNIT_FAIL(test, "took '%s'", text);
			return;
		}
		if (list->entry[0].bus != bus || list->entry[0].slot != slot) {
			KUNIT_FAIL(test, "misread '%s'", text);
			return;
		}
	}
	KUNIT_EXPECT_GT(test, taken, 100U);
}

static void parse_list_reports_lack_of_memory(struct kunit *test)
{
	struct gpupt_match_list *list;
	unsigned int nth;
	int ret;

	if (!IS_ENABLED(CONFIG_FAILSLAB))
		kunit_skip(test, "needs CONFIG_FAILSLAB");
	list = kunit_kzalloc(test, 2 * sizeof(*list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, list);
	memset(list, 0x5a, 2 * sizeof(*list));
	for (nth = 1; nth < 10; nth++) {
#ifdef CONFIG_FAULT_INJECTION
		current->fail_nth = nth;
		ret = gpupt_param_parse_list("01:00", list);
		current->fail_nth = 0;
#endif
		if (!ret)
			break;
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_EQ(test, memcmp(list, list + 1, sizeof(*list)), 0);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT_MSG(test, nth, 1U, "no allocation failed");
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
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_EQ(test, gpupt_param_parse_list(l->list, list), 0);
	KUNIT_EXPECT_EQ(test, gpupt_param_list_has(list, l->domain, l->bus, l->slot, l->vendor,
						   l->device), l->listed);
}

static void list_denies(struct kunit *test)
{
	struct gpupt_match_list *list = kunit_kzalloc(test, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	KUNIT_ASSERT_EQ(test, gpupt_param_parse_list("01:00=10de:1b38,02:00,10de:2206", list), 0);
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(list, 0, 1, 0, 0x10de, 0x1b38));
	KUNIT_EXPECT_TRUE(test, gpupt_param_list_denies(list, 0, 1, 0, 0x10de, 0x2206));
	KUNIT_EXPECT_TRUE(test, gpupt_param_list_denies(list, 0, 1, 0, 0x10df, 0x1b38));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(list, 1, 1, 0, 0x10de, 0x2206));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(list, 0, 1, 1, 0x10de, 0x2206));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(list, 0, 2, 0, 0x10de, 0x1b38));
	KUNIT_EXPECT_FALSE(test, gpupt_param_list_denies(list, 0, 3, 0, 0x10de, 0x1b38));
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
	KUNIT_CASE_PARAM(parse_list_refuses, bad_gen_params),
	KUNIT_CASE(parse_list_of_nothing_is_empty),
	KUNIT_CASE(parse_list_keeps_the_order),
	KUNIT_CASE(parse_list_is_bounded),
	KUNIT_CASE(parse_list_survives_long_text),
	KUNIT_CASE(parse_list_agrees_with_a_second_reader),
	KUNIT_CASE(parse_list_reports_lack_of_memory),
	KUNIT_CASE_PARAM(list_has, lookup_gen_params),
	KUNIT_CASE(list_denies),
	KUNIT_CASE_PARAM(take_word, word_gen_params),
	{}
};

static struct kunit_suite param_suite = {
	.name = "gpupt_reset_param",
	.test_cases = param_cases,
};

kunit_test_suite(param_suite);
