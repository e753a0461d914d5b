// SPDX-License-Identifier: GPL-2.0
/* Which rungs a card may use, for every combination of facts and every model. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>

#include "gpupt/policy.h"

#define LADDER(...)	{ __VA_ARGS__ }
#define ALL_FIVE	LADDER(GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, \
			       GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_RESCAN)
/* What a card in a slot of its own offers at best. */
#define ALL_FACTS	.flr = true, .port = true, .slot_power = true

static const struct gpupt_model full = { .family = "test", .ladder = ALL_FIVE };

/* Another order: the ladder follows the model, not the order of the enum. */
static const struct gpupt_model backwards = {
	.family = "test",
	.ladder = { GPUPT_RUNG_RESCAN, GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_BUS_LONG,
		    GPUPT_RUNG_BUS, GPUPT_RUNG_FLR },
};

static const struct gpupt_model flr_only = {
	.family = "test", .ladder = { GPUPT_RUNG_FLR },
};

static const struct gpupt_model doubted = {
	.family = "test", .ladder = ALL_FIVE, .flr_doubted = true,
};

static const struct gpupt_model no_bus_reset = {
	.family = "test", .ladder = ALL_FIVE, .no_bus_reset = true,
};

struct verdict {
	const char *name;
	const struct gpupt_model *model;
	struct gpupt_facts facts;
	u8 ladder[GPUPT_LADDER_LEN];
};

static const struct verdict verdicts[] = {
	{ "everything", &full, { ALL_FACTS }, ALL_FIVE },
	{ "order of the model", &backwards, { ALL_FACTS },
	  LADDER(GPUPT_RUNG_RESCAN, GPUPT_RUNG_SLOT_POWER, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_BUS,
		 GPUPT_RUNG_FLR) },
	{ "rungs the model lacks", &flr_only, { ALL_FACTS },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "no FLR (P40, some T4)", &full, { .port = true, .slot_power = true },
	  LADDER(GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_SLOT_POWER,
		 GPUPT_RUNG_RESCAN) },
	{ "no power switch in the slot", &full, { .flr = true, .port = true },
	  LADDER(GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_RESCAN) },
	{ "no port above", &full, { .flr = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "a power switch without a port", &full, { .flr = true, .slot_power = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "bus reset broken (root ports of GB10)", &full, { ALL_FACTS, .bus_reset_broken = true },
	  LADDER(GPUPT_RUNG_FLR, GPUPT_RUNG_SLOT_POWER) },
	{ "bus reset kills (GH200)", &no_bus_reset, { ALL_FACTS },
	  LADDER(GPUPT_RUNG_FLR, GPUPT_RUNG_SLOT_POWER) },
	{ "another card on the bus", &full, { ALL_FACTS, .bus_shared = true },
	  LADDER(GPUPT_RUNG_FLR) },
	{ "not to be kept for its driver", &full, { ALL_FACTS, .no_override = true },
	  LADDER(GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG) },
	{ "FLR doubted", &doubted, { ALL_FACTS },
	  LADDER(GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_SLOT_POWER,
		 GPUPT_RUNG_RESCAN) },
	{ "FLR doubted, but wanted", &doubted, { ALL_FACTS, .flr_wanted = true }, ALL_FIVE },
	{ "FLR wanted, but not there", &doubted,
	  { .port = true, .slot_power = true, .flr_wanted = true },
	  LADDER(GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG, GPUPT_RUNG_SLOT_POWER,
		 GPUPT_RUNG_RESCAN) },
	{ "nothing left: broken", &full, { .port = true, .bus_reset_broken = true },
	  LADDER(GPUPT_RUNG_NONE) },
	{ "nothing left: shared", &full, { .port = true, .slot_power = true, .bus_shared = true },
	  LADDER(GPUPT_RUNG_NONE) },
	{ "nothing left: no port", &backwards, { },
	  LADDER(GPUPT_RUNG_NONE) },
};

static void verdict_desc(const struct verdict *v, char *desc)
{
	strscpy(desc, v->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(verdict, verdicts, verdict_desc);

static void ladder_holds(struct kunit *test)
{
	const struct verdict *v = test->param_value;
	u8 ladder[GPUPT_LADDER_LEN];
	unsigned int rungs, i;

	memset(ladder, 0xa5, sizeof(ladder));
	rungs = gpupt_policy_ladder(v->model, &v->facts, ladder);
	for (i = 0; i < GPUPT_LADDER_LEN; i++)
		KUNIT_EXPECT_EQ_MSG(test, ladder[i], v->ladder[i], "rung %u", i);
	for (i = 0; i < GPUPT_LADDER_LEN && v->ladder[i]; i++)
		;
	KUNIT_EXPECT_EQ(test, rungs, i);
}

/* Facts of number @bits, below 128. */
static struct gpupt_facts facts_of(unsigned int bits)
{
	return (struct gpupt_facts){
		.flr = bits & 1, .port = bits & 2, .bus_reset_broken = bits & 4,
		.bus_shared = bits & 8, .slot_power = bits & 16, .flr_wanted = bits & 32,
		.no_override = bits & 64,
	};
}

static bool may_use(const struct gpupt_model *model, const struct gpupt_facts *facts,
		    unsigned int rung)
{
	if (rung == GPUPT_RUNG_FLR)
		return facts->flr && (facts->flr_wanted || !model->flr_doubted);
	if (!facts->port || facts->bus_shared)
		return false;
	if (facts->no_override && (rung == GPUPT_RUNG_SLOT_POWER || rung == GPUPT_RUNG_RESCAN))
		return false;
	if (rung == GPUPT_RUNG_SLOT_POWER)
		return facts->slot_power;
	return !facts->bus_reset_broken && !model->no_bus_reset;
}

static void check_every_fact(struct kunit *test, const struct gpupt_model *model)
{
	unsigned int bits, i;

	for (bits = 0; bits < 128; bits++) {
		struct gpupt_facts facts = facts_of(bits);
		u8 ladder[GPUPT_LADDER_LEN];
		unsigned int rungs, n = 0;

		rungs = gpupt_policy_ladder(model, &facts, ladder);
		KUNIT_ASSERT_LT(test, rungs, GPUPT_LADDER_LEN);
		for (i = 0; model->ladder[i]; i++)
			if (may_use(model, &facts, model->ladder[i]))
				KUNIT_EXPECT_EQ_MSG(test, ladder[n++], model->ladder[i],
						    "%s, facts %x", model->family, bits);
		KUNIT_EXPECT_EQ(test, rungs, n);
		for (; n < GPUPT_LADDER_LEN; n++)
			KUNIT_EXPECT_EQ(test, ladder[n], GPUPT_RUNG_NONE);
	}
}

static void ladder_offers_what_model_and_facts_allow(struct kunit *test)
{
	const struct gpupt_model_range *range;
	unsigned int index;

	for (index = 0; (range = gpupt_model_range(index)); index++)
		check_every_fact(test, range->model);
	check_every_fact(test, gpupt_model_find(0x3fff));
	check_every_fact(test, &backwards);
}

/* Whatever the facts, whatever anybody writes into the table by mistake. */
static void ladder_never_bus_resets_what_that_kills(struct kunit *test)
{
	unsigned int bits, i;

	for (bits = 0; bits < 128; bits++) {
		struct gpupt_facts facts = facts_of(bits);
		u8 ladder[GPUPT_LADDER_LEN];

		gpupt_policy_ladder(&no_bus_reset, &facts, ladder);
		for (i = 0; ladder[i]; i++)
			KUNIT_EXPECT_TRUE(test, ladder[i] == GPUPT_RUNG_FLR ||
					  ladder[i] == GPUPT_RUNG_SLOT_POWER);
	}
}

/* What the kernel's wish is reason enough for. */
static void unasked_leaves_bus_resets_out_where_they_are_by_hand(struct kunit *test)
{
	static const struct gpupt_model by_hand = {
		.family = "test", .ladder = ALL_FIVE, .bus_by_hand = true,
	};
	static const u8 wanted[GPUPT_LADDER_LEN] = { GPUPT_RUNG_FLR };
	static const u8 in_place[GPUPT_LADDER_LEN] = {
		GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG,
	};
	struct gpupt_facts facts = { ALL_FACTS };
	u8 ladder[GPUPT_LADDER_LEN], all[GPUPT_LADDER_LEN] = ALL_FIVE;

	/* by hand there is all of it */
	KUNIT_EXPECT_EQ(test, gpupt_policy_ladder(&by_hand, &facts, ladder), 5U);
	KUNIT_EXPECT_EQ(test, gpupt_policy_unasked(&by_hand, ladder), 1U);
	KUNIT_EXPECT_EQ(test, memcmp(ladder, wanted, sizeof(wanted)), 0);
	/* without FLR nothing */
	facts = (struct gpupt_facts){ .port = true };
	KUNIT_EXPECT_EQ(test, gpupt_policy_ladder(&by_hand, &facts, ladder), 3U);
	KUNIT_EXPECT_EQ(test, gpupt_policy_unasked(&by_hand, ladder), 0U);
	KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_NONE);
	KUNIT_EXPECT_EQ(test, gpupt_policy_unasked(&by_hand, ladder), 0U);

	memcpy(ladder, all, sizeof(ladder));
	KUNIT_EXPECT_EQ(test, gpupt_policy_unasked(&full, ladder), 3U);
	KUNIT_EXPECT_EQ(test, memcmp(ladder, in_place, sizeof(in_place)), 0);
}

static void unasked_never_resets_the_bus_of_what_comes_after_blackwell(struct kunit *test)
{
	static const u16 ids[] = { 0x3000, 0x307f, 0x3080, 0x30ff, 0x3340, 0x3fff, 0xffff };
	unsigned int i, bits, n;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		const struct gpupt_model *model = gpupt_model_find(ids[i]);

		for (bits = 0; bits < 128; bits++) {
			struct gpupt_facts facts = facts_of(bits);
			u8 ladder[GPUPT_LADDER_LEN];

			gpupt_policy_ladder(model, &facts, ladder);
			gpupt_policy_unasked(model, ladder);
			for (n = 0; ladder[n]; n++)
				KUNIT_EXPECT_TRUE_MSG(test, ladder[n] == GPUPT_RUNG_FLR,
						      "%04x, facts %x", ids[i], bits);
		}
	}
}

static void ladder_passes_over_what_is_no_rung(struct kunit *test)
{
	static const struct gpupt_model odd = {
		.family = "test", .ladder = { GPUPT_RUNG_COUNT, GPUPT_RUNG_FLR, 0xff },
	};
	struct gpupt_facts facts = { ALL_FACTS };
	u8 ladder[GPUPT_LADDER_LEN];

	KUNIT_EXPECT_EQ(test, gpupt_policy_ladder(&odd, &facts, ladder), 1U);
	KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_FLR);
	KUNIT_EXPECT_EQ(test, ladder[1], GPUPT_RUNG_NONE);
}

static void single_keeps_only_that_rung(struct kunit *test)
{
	unsigned int rung, i;

	for (rung = GPUPT_RUNG_NONE + 1; rung < GPUPT_RUNG_COUNT; rung++) {
		u8 ladder[GPUPT_LADDER_LEN] = ALL_FIVE;

		KUNIT_EXPECT_EQ(test, gpupt_policy_single(ladder, rung), 0);
		KUNIT_EXPECT_EQ(test, ladder[0], rung);
		for (i = 1; i < GPUPT_LADDER_LEN; i++)
			KUNIT_EXPECT_EQ(test, ladder[i], GPUPT_RUNG_NONE);
	}
}

static void single_refuses_a_rung_not_allowed(struct kunit *test)
{
	static const u8 wanted[] = { GPUPT_RUNG_FLR, GPUPT_RUNG_NONE, GPUPT_RUNG_COUNT };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wanted); i++) {
		u8 ladder[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS };

		KUNIT_EXPECT_EQ(test, gpupt_policy_single(ladder, wanted[i]), -EOPNOTSUPP);
		KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_BUS);
		KUNIT_EXPECT_EQ(test, ladder[1], GPUPT_RUNG_NONE);
	}
}

static void single_refuses_an_empty_ladder(struct kunit *test)
{
	u8 ladder[GPUPT_LADDER_LEN] = { };

	KUNIT_EXPECT_EQ(test, gpupt_policy_single(ladder, GPUPT_RUNG_FLR), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, ladder[0], GPUPT_RUNG_NONE);
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE_PARAM(ladder_holds, verdict_gen_params),
	KUNIT_CASE(ladder_offers_what_model_and_facts_allow),
	KUNIT_CASE(ladder_never_bus_resets_what_that_kills),
	KUNIT_CASE(unasked_leaves_bus_resets_out_where_they_are_by_hand),
	KUNIT_CASE(unasked_never_resets_the_bus_of_what_comes_after_blackwell),
	KUNIT_CASE(ladder_passes_over_what_is_no_rung),
	KUNIT_CASE(single_keeps_only_that_rung),
	KUNIT_CASE(single_refuses_a_rung_not_allowed),
	KUNIT_CASE(single_refuses_an_empty_ladder),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "gpupt_reset_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);
