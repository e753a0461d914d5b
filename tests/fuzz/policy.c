// SPDX-License-Identifier: GPL-2.0
// sources: model policy
/* The rungs that any card may use under any facts, and what may be PMC_BOOT_0 of it. */
#include "gpupt/model.h"
#include "gpupt/policy.h"

#include "fuzz.h"

TALLIES({ "ladder" }, { "no-ladder" }, { "by-hand" }, { "boot0" }, { "no-boot0" }, { "sec-fault" });
enum { LADDER, NO_LADDER, BY_HAND, BOOT0, NO_BOOT0, SEC_FAULT };

static bool may(const struct gpupt_model *model, const struct gpupt_facts *facts, unsigned int rung)
{
	bool alone = facts->port && !facts->bus_shared;

	if (facts->no_override && (rung == GPUPT_RUNG_SLOT_POWER || rung == GPUPT_RUNG_RESCAN))
		return false;
	switch (rung) {
	case GPUPT_RUNG_FLR:
		return facts->flr && (facts->flr_wanted || !model->flr_doubted);
	case GPUPT_RUNG_SLOT_POWER:
		return alone && facts->slot_power;
	default:
		return alone && !facts->bus_reset_broken && !model->no_bus_reset;
	}
}

static bool resets_bus(unsigned int rung)
{
	return rung != GPUPT_RUNG_FLR && rung != GPUPT_RUNG_SLOT_POWER;
}

/*
 * What is left of the @n rungs of @ladder for the kernel: all that work in place, but those that a user
 * has to ask for.
 */
static void try_unasked(const struct gpupt_model *model, const u8 *ladder, unsigned int n)
{
	u8 *unasked = malloc(GPUPT_LADDER_LEN);
	unsigned int left, at = 0;

	memcpy(unasked, ladder, GPUPT_LADDER_LEN);
	left = gpupt_policy_unasked(model, unasked);
	for (unsigned int i = 0; i < n; i++) {
		if (ladder[i] == GPUPT_RUNG_SLOT_POWER || ladder[i] == GPUPT_RUNG_RESCAN)
			continue;
		if (model->bus_by_hand && resets_bus(ladder[i]))
			continue;
		expect(unasked[at] == ladder[i]);
		at++;
	}
	expect(at == left);
	for (; at < GPUPT_LADDER_LEN; at++)
		expect(unasked[at] == GPUPT_RUNG_NONE);
	if (left < n)
		tallies[BY_HAND].count++;
	free(unasked);
}

static void try_ladder(const struct gpupt_model *model, const struct gpupt_facts *facts)
{
	u8 *ladder = malloc(GPUPT_LADDER_LEN), *single = malloc(GPUPT_LADDER_LEN);
	unsigned int n, at = 0, left_out = 0;

	memset(ladder, 0xa5, GPUPT_LADDER_LEN);
	n = gpupt_policy_ladder(model, facts, ladder);
	expect(n < GPUPT_LADDER_LEN);
	/* Every rung of the model is there, in order, or may not be used. */
	for (unsigned int i = 0; i < GPUPT_LADDER_LEN && model->ladder[i]; i++) {
		unsigned int rung = model->ladder[i];

		if (ladder[at] == rung) {
			expect(may(model, facts, rung));
			at++;
		} else {
			expect(!may(model, facts, rung));
			left_out++;
		}
	}
	expect(at == n);
	for (; at < GPUPT_LADDER_LEN; at++)
		expect(ladder[at] == GPUPT_RUNG_NONE);

	for (unsigned int rung = GPUPT_RUNG_FLR; rung < GPUPT_RUNG_COUNT; rung++) {
		bool has = memchr(ladder, rung, n);

		memcpy(single, ladder, GPUPT_LADDER_LEN);
		expect(gpupt_policy_has(ladder, rung) == has);
		expect(gpupt_policy_single(single, rung) == (has ? 0 : -EOPNOTSUPP));
		if (!has) {
			expect(!memcmp(single, ladder, GPUPT_LADDER_LEN));
			continue;
		}
		expect(single[0] == rung);
		expect(single[1] == GPUPT_RUNG_NONE);
	}
	try_unasked(model, ladder, n);
	tallies[n ? LADDER : NO_LADDER].count++;
	free(single);
	free(ladder);
}

static void try_boot0(const struct gpupt_model *model, u32 boot0)
{
	bool known = may_be_boot0(model->arch_first, model->arch_last, boot0);

	expect(gpupt_model_knows_boot0(model, boot0) == known);
	expect(gpupt_model_is_sec_fault(boot0) == (boot0 == 0xbadf0200 || boot0 == 0xbad00200));
	if (gpupt_model_is_sec_fault(boot0)) {
		expect(!known);
		tallies[SEC_FAULT].count++;
	}
	tallies[known ? BOOT0 : NO_BOOT0].count++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const u32 values[] = { 0, 0xffffffff, 0xbadf0200, 0xbad00200, 0xbadf1100, 0xb72000a1,
				      0x132000a1, 0x000001a1 };
	struct input in = { data, size };
	u16 device = take32(&in);
	uint8_t bits = take(&in), how = take(&in);
	u32 boot0 = take32(&in);
	const struct gpupt_model_range *range = gpupt_model_range(take(&in));
	const struct gpupt_facts facts = {
		.flr = bits & 1, .port = bits & 2, .bus_reset_broken = bits & 4,
		.bus_shared = bits & 8, .slot_power = bits & 16, .flr_wanted = bits & 32,
		.no_override = bits & 64,
	};
	const struct gpupt_model *model;

	if (range && how & 1)
		device = range->first + device % (range->last - range->first + 1);
	model = gpupt_model_find(device);
	expect(model);
	if (range && how & 1)
		expect(model == range->model);
	if (how & 2)
		boot0 = values[boot0 % ARRAY_SIZE(values)];
	else if (how & 4)
		boot0 = (boot0 & 0xe0ffffff) | (u32)model->arch_first << 24;
	try_ladder(model, &facts);
	try_boot0(model, boot0);
	return 0;
}
