// SPDX-License-Identifier: GPL-2.0
/*
 * Unit test of the emulated cards' behaviour, without QEMU.
 * Run by "tests/device/build --test"; prints TAP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define MS		1000ULL
#define ONES		UINT32_MAX
#define P40_ID		0x1b3810de
#define RTX3080_ID	0x220610de
#define AUDIO_ID	0x1aef10de
#define RRS_ID		0xffff0001
#define PRI_ERROR	0xbadf1100

static struct card p40, rtx3080, other;
static uint64_t now;
static bool failed;

#define expect(got, want) \
	expect_at(__LINE__, #got, (unsigned long long)(got), (unsigned long long)(want))

static void expect_at(int line, const char *what, unsigned long long got,
		      unsigned long long want)
{
	if (got == want)
		return;
	failed = true;
	printf("# line %d: %s is 0x%llx, not 0x%llx\n", line, what, got, want);
}

static uint32_t config(struct card *card, unsigned int fn, unsigned int offset)
{
	return card_config_read(card, fn, offset, 4, true, now);
}

static void set_config(struct card *card, unsigned int fn, unsigned int offset,
		       uint32_t value)
{
	card_config_write(card, fn, offset, value, 4, now);
}

static uint32_t bar0(struct card *card, uint64_t offset)
{
	return card_bar_read(card, 0, 0, offset, 4, now);
}

static void set_bar0(struct card *card, uint64_t offset, uint32_t value)
{
	card_bar_write(card, 0, 0, offset, value, 4, now);
}

/* Another card "x" in place of the one that was. */
static struct card *card_of(const char *model)
{
	const struct card_model *m = card_model_find(model);

	if (!m) {
		printf("Bail out! no model %s\n", model);
		exit(EXIT_FAILURE);
	}
	card_init(&other, "x", m);
	rtx3080.next = &other;
	return &other;
}

/* As the host's firmware and kernel leave the card. */
static void set_up(struct card *card)
{
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		const struct bar *bars = card->model->function[fn].bars;

		for (unsigned int bar = 0; bar < CARD_ROM; bar++) {
			if (bars[bar].kind == BAR_MEM32)
				set_config(card, fn, 0x10 + 4 * bar, 0xfb000000 + (fn << 20));
			if (bars[bar].kind == BAR_MEM64_PREF)
				set_config(card, fn, 0x14 + 4 * bar, 0x00008000);
		}
		card_config_write(card, fn, 0x04, 0x0547, 2, now);
	}
}

/* Offset of a capability, found as the kernel does. */
static unsigned int capability(struct card *card, unsigned int fn, unsigned int id)
{
	unsigned int at = config(card, fn, 0x34);

	for (unsigned int n = 0; at && n < 48; n++) {
		if ((config(card, fn, at) & 0xff) == id)
			return at;
		at = config(card, fn, at) >> 8 & 0xff;
	}
	return 0;
}

/* The same for one of the extended list. */
static unsigned int extended(struct card *card, unsigned int fn, unsigned int id)
{
	unsigned int at = 0x100;

	for (unsigned int n = 0; at && n < 48; n++) {
		if ((config(card, fn, at) & 0xffff) == id)
			return at;
		at = config(card, fn, at) >> 20;
	}
	return 0;
}

static void flr(struct card *card, unsigned int fn)
{
	unsigned int control = card->function[fn].express + 8;

	card_config_write(card, fn, control,
			  card_config_read(card, fn, control, 2, true, now) | 0x8000, 2, now);
}

static void bus_reset(struct card *card)
{
	card_link(card, false, now);
	card_sbr(card, true, now);
	expect(config(card, 0, 0), ONES);
	now += 2 * MS;
	card_sbr(card, false, now);
	expect(config(card, 0, 0), ONES);
	card_link(card, true, now);
}

static void slot_power_cycle(struct card *card)
{
	card_link(card, false, now);
	card_power(card, false, now);
	expect(config(card, 0, 0), ONES);
	now += 1000 * MS;
	card_power(card, true, now);
	card_link(card, true, now);
}

static void expect_reply(int line, const char *command, const char *want)
{
	char reply[256];

	card_control(&p40, command, reply, sizeof(reply), now);
	if (!strcmp(reply, want))
		return;
	failed = true;
	printf("# line %d: '%s' is answered '%s', not '%s'\n", line, command, reply, want);
}

#define control(command, want)	expect_reply(__LINE__, command, want)

/* ---- tests ---- */

static void test_identity(void)
{
	expect(config(&p40, 0, 0x00), P40_ID);
	expect(config(&p40, 0, 0x08), 0x030200a1);
	expect(config(&p40, 0, 0x2c), 0x11d910de);
	expect(config(&rtx3080, 0, 0x00), RTX3080_ID);
	expect(config(&rtx3080, 1, 0x00), AUDIO_ID);
	expect(card_config_read(&rtx3080, 0, 0x0e, 1, true, now), 0x80);
	expect(card_config_read(&p40, 0, 0x0e, 1, true, now), 0x00);
	expect(card_config_read(&p40, 0, 0x02, 2, true, now), 0x1b38);
	expect(config(&p40, 0, 0x7c) >> 28 & 1, 0);
	expect(config(&rtx3080, 0, 0x7c) >> 28 & 1, 1);
	expect(config(&rtx3080, 1, 0x7c) >> 28 & 1, 0);
	expect(card_model_find("gtx9999") == NULL, true);
}

/* What each model claims to be, and where the capabilities of its generation are. */
static void test_models(void)
{
	static const struct {
		const char *name;
		uint32_t id[CARD_FUNCTIONS];
		uint32_t class, boot0, boot42;
		unsigned int pm, msi, express;
		bool flr;
		unsigned int gen;
	} cases[] = {
		{ "k80", { 0x102d10de }, 0x030200a1, 0x0f22d0a1, 0x0f2a1000,
		  0x60, 0x68, 0x78, false, 3 },
		{ "m60", { 0x13f210de }, 0x030000a1, 0x124320a1, 0x124a1000,
		  0x60, 0x68, 0x78, false, 3 },
		{ "p40", { P40_ID }, 0x030200a1, 0x132000a1, 0x132a1000,
		  0x60, 0x68, 0x78, false, 3 },
		{ "gtx1080", { 0x1b8010de, 0x10f010de }, 0x030000a1, 0x134000a1, 0x134a1000,
		  0x60, 0x68, 0x78, false, 3 },
		{ "v100", { 0x1db410de }, 0x030200a1, 0x140000a1, 0x140a1000,
		  0x60, 0x68, 0x78, false, 3 },
		{ "t4", { 0x1eb810de }, 0x030200a1, 0x164000a1, 0x164a1000,
		  0x60, 0x68, 0x78, false, 3 },
		{ "rtx2080", { 0x1e8710de, 0x10f810de, 0x1ad810de, 0x1ad910de }, 0x030000a1,
		  0x164000a1, 0x164a1000, 0x60, 0x68, 0x78, true, 3 },
		{ "a100", { 0x20f110de }, 0x030200a1, 0x170000a1, 0x170a1000,
		  0x60, 0x68, 0x78, true, 4 },
		{ "rtx3080", { RTX3080_ID, AUDIO_ID }, 0x030000a1, 0xb72000a1, 0x172a1000,
		  0x60, 0x68, 0x78, true, 4 },
		{ "rtx4090", { 0x268410de, 0x22ba10de }, 0x030000a1, 0x192000a1, 0x192a1000,
		  0x60, 0x68, 0x78, true, 4 },
		{ "h100", { 0x233110de }, 0x030200a1, 0x180000a1, 0x180a1000,
		  0x40, 0x48, 0x60, true, 5 },
		{ "gh200", { 0x234210de }, 0x030200a1, 0x180000a1, 0x180a1000,
		  0x40, 0x48, 0x60, true, 5 },
		{ "b200", { 0x290110de }, 0x030200a1, 0x1a0000a1, 0x1a0a1000,
		  0x80, 0x88, 0x40, true, 5 },
		{ "rtx5090", { 0x2b8510de, 0x22e810de }, 0x030000a1, 0x1b2000a1, 0x1b2a1000,
		  0x40, 0x48, 0x60, true, 5 },
		{ "rtx5070ti", { 0x2c0510de, 0x22e910de }, 0x030000a1, 0x1b3000a1, 0x1b3a1000,
		  0x40, 0x48, 0x60, true, 5 },
		{ "future", { 0x3fff10de }, 0x030000a1, 0x000001a1, 0x202a1000,
		  0x60, 0x68, 0x78, true, 4 },
	};
	static const uint32_t classes[] = { 0, 0x040300a1, 0x0c0330a1, 0x0c8000a1 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].name);
		unsigned int fn;

		for (fn = 0; fn < CARD_FUNCTIONS && cases[i].id[fn]; fn++) {
			expect(config(card, fn, 0x00), cases[i].id[fn]);
			expect(config(card, fn, 0x08), fn ? classes[fn] : cases[i].class);
			expect(config(card, fn, 0x3c), (fn + 1) << 8);
			expect(capability(card, fn, 0x10), card->function[fn].express);
			expect(config(card, fn, card->function[fn].express + 4) >> 28 & 1,
			       fn == 0 && cases[i].flr);
			/* NoSoftRst+, so no reset by D3hot. */
			expect(config(card, fn, capability(card, fn, 0x01) + 4), 0x8);
			expect(config(card, fn, capability(card, fn, 0x10) + 12) & 0x3ff,
			       0x100 | cases[i].gen);
		}
		expect(card->model->functions, fn);
		expect(config(card, 0, 0x0c) >> 23 & 1, fn > 1);
		expect(capability(card, 0, 0x01), cases[i].pm);
		expect(capability(card, 0, 0x05), cases[i].msi);
		expect(capability(card, 0, 0x10), cases[i].express);
		set_up(card);
		expect(bar0(card, 0x000000), cases[i].boot0);
		expect(bar0(card, 0x000a00), cases[i].boot42);
		control("x verdict", "ok alive");
	}
}

/* Each list must end, and visit only offsets that have a capability. */
static void test_capability_lists(void)
{
	static const struct {
		const char *model;
		unsigned int fn, caps, extended;
	} cases[] = {
		{ "k80", 0, 3, 7 }, { "m60", 0, 4, 7 }, { "p40", 0, 3, 7 },
		{ "gtx1080", 0, 4, 7 }, { "gtx1080", 1, 3, 2 }, { "v100", 0, 3, 7 },
		{ "t4", 0, 3, 7 }, { "rtx2080", 0, 4, 7 }, { "rtx2080", 2, 3, 2 },
		{ "a100", 0, 3, 10 }, { "rtx3080", 0, 4, 10 }, { "rtx3080", 1, 3, 2 },
		{ "rtx4090", 0, 4, 11 }, { "h100", 0, 3, 6 }, { "gh200", 0, 3, 6 },
		{ "b200", 0, 3, 7 }, { "rtx5090", 0, 3, 5 }, { "rtx5070ti", 1, 3, 2 },
		{ "future", 0, 4, 10 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);
		unsigned int fn = cases[i].fn, at, caps = 0, extended = 0;

		for (at = config(card, fn, 0x34); at && caps < 48; caps++) {
			expect((config(card, fn, at) & 0xff) != 0, true);
			at = config(card, fn, at) >> 8 & 0xff;
		}
		for (at = 0x100; at && extended < 48; extended++) {
			/* Hopper and later begin with a null capability. */
			expect((config(card, fn, at) & 0xffff) != 0 || at == 0x100, true);
			at = config(card, fn, at) >> 20;
		}
		expect(caps, cases[i].caps);
		expect(extended, cases[i].extended);
	}
}

static void test_bar_sizing(void)
{
	static const struct {
		struct card *card;
		unsigned int fn, offset;
		uint32_t want;
	} cases[] = {
		{ &p40, 0, 0x10, 0xff000000 },
		{ &p40, 0, 0x14, 0x0000000c }, { &p40, 0, 0x18, 0xfffffff8 },
		{ &p40, 0, 0x1c, 0xfe00000c }, { &p40, 0, 0x20, 0xffffffff },
		{ &p40, 0, 0x24, 0x00000000 }, { &p40, 0, 0x30, 0x00000000 },
		{ &rtx3080, 0, 0x10, 0xff000000 },
		{ &rtx3080, 0, 0x14, 0xf000000c }, { &rtx3080, 0, 0x18, 0xffffffff },
		{ &rtx3080, 0, 0x1c, 0xfe00000c }, { &rtx3080, 0, 0x20, 0xffffffff },
		{ &rtx3080, 0, 0x24, 0xffffff81 }, { &rtx3080, 0, 0x30, 0xfff80001 },
		{ &rtx3080, 1, 0x10, 0xffffc000 }, { &rtx3080, 1, 0x14, 0x00000000 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_config(cases[i].card, cases[i].fn, cases[i].offset, ONES);
		expect(config(cases[i].card, cases[i].fn, cases[i].offset), cases[i].want);
	}
	card_set_bar1(&p40, 1ULL << 28);
	set_config(&p40, 0, 0x14, ONES);
	set_config(&p40, 0, 0x18, ONES);
	expect(config(&p40, 0, 0x14), 0xf000000c);
	expect(config(&p40, 0, 0x18), 0xffffffff);
}

static void test_masks(void)
{
	set_config(&p40, 0, 0x00, 0);
	expect(config(&p40, 0, 0x00), P40_ID);
	card_config_write(&p40, 0, 0x04, 0xffff, 2, now);
	expect(config(&p40, 0, 0x04), 0x00100547);
	/* One byte of a dword leaves its neighbours alone. */
	card_config_write(&p40, 0, 0x3c, 0x0b, 1, now);
	expect(config(&p40, 0, 0x3c), 0x0000010b);
	set_config(&p40, 0, 0x488, ONES);
	expect(config(&p40, 0, 0x488), 1u << 25);
	p40.function[0].value[0x424 / 4] = 0x00004010;
	set_config(&p40, 0, 0x424, 0x00000010);
	expect(config(&p40, 0, 0x424), 0x00004000);
}

static void test_registers(void)
{
	expect(bar0(&p40, 0x0), ONES);
	set_up(&p40);
	set_up(&rtx3080);
	expect(bar0(&p40, 0x0), 0x132000a1);
	expect(bar0(&p40, 0xa00), 0x132a1000);
	expect(bar0(&p40, 0x2240c), 2);
	expect(bar0(&rtx3080, 0x0), 0xb72000a1);
	expect(bar0(&rtx3080, 0x118128) & 1, 1);
	expect(bar0(&rtx3080, 0x118234), 0x3ff);
	expect(bar0(&rtx3080, 0x1fa828), 0);
	set_bar0(&p40, 0x0, 0);
	expect(bar0(&p40, 0x0), 0x132000a1);
	set_bar0(&p40, 0x15bc, 1);
	expect(bar0(&p40, 0x15bc), 1);
	expect(bar0(&p40, 0x88000), P40_ID);
	expect(bar0(&p40, 0x8a000), 0);
	expect(bar0(&rtx3080, 0x8a000), AUDIO_ID);
	expect(card_bar_read(&p40, 0, 0, 2, 2, now), 0x1320);
	expect(card_bar_read(&p40, 0, 0, 0, 8, now), 0x132000a1);
	expect(card_bar_read(&rtx3080, 0, CARD_ROM, 0, 4, now), ONES);
}

static void test_d3hot_keeps_state(void)
{
	set_up(&p40);
	set_bar0(&p40, 0x15bc, 1);
	card_config_write(&p40, 0, 0x64, 3, 2, now);
	expect(bar0(&p40, 0x0), ONES);
	expect(config(&p40, 0, 0x00), P40_ID);
	card_config_write(&p40, 0, 0x64, 0, 2, now);
	expect(config(&p40, 0, 0x64), 0x8);
	expect(config(&p40, 0, 0x10), 0xfb000000);
	expect(bar0(&p40, 0x15bc), 1);
}

static void test_flr(void)
{
	set_up(&rtx3080);
	set_bar0(&rtx3080, 0x1458, 1);
	set_bar0(&rtx3080, 0x88e10, 1);
	card_config_write(&rtx3080, 0, 0x88, 0x40, 2, now);
	card_config_write(&rtx3080, 0, 0x80, 0x2930, 2, now);
	flr(&rtx3080, 0);
	expect(rtx3080.count[LEVEL_FLR], 1);
	expect(config(&rtx3080, 0, 0), RRS_ID);
	expect(config(&rtx3080, 0, 4), ONES);
	expect(card_config_read(&rtx3080, 0, 0, 2, true, now), 0x0001);
	expect(card_config_read(&rtx3080, 0, 0, 1, true, now), 0xff);
	expect(card_config_read(&rtx3080, 0, 0, 4, false, now), ONES);
	expect(config(&rtx3080, 1, 0), AUDIO_ID);
	expect(config(&rtx3080, 1, 0x10), 0xfb100000);
	now += 19 * MS;
	expect(config(&rtx3080, 0, 0), RRS_ID);
	now += 1 * MS;
	expect(config(&rtx3080, 0, 0), RTX3080_ID);
	expect(config(&rtx3080, 0, 4), 0x00100000);
	expect(config(&rtx3080, 0, 0x10), 0);
	expect(config(&rtx3080, 0, 0x88) & 0x40, 0x40);
	expect(config(&rtx3080, 0, 0x80) & 0xe0, 0x20);
	set_up(&rtx3080);
	expect(bar0(&rtx3080, 0x1458), 0);
	expect(bar0(&rtx3080, 0x88e10), 1);
	expect(bar0(&rtx3080, 0x118128), 0);
	expect(bar0(&rtx3080, 0x118234) & 0xff, 1);
	now += 233 * MS;
	expect(bar0(&rtx3080, 0x118128), 1);
	expect(bar0(&rtx3080, 0x118234), 0x3ff);
}

static void test_no_flr_without_the_capability(void)
{
	set_up(&p40);
	set_up(&rtx3080);
	flr(&p40, 0);
	flr(&rtx3080, 1);
	expect(p40.count[LEVEL_FLR] + rtx3080.count[LEVEL_FLR], 0);
	expect(config(&p40, 0, 0x10), 0xfb000000);
	expect(config(&rtx3080, 1, 0x10), 0xfb100000);
	expect(config(&p40, 0, 0x80) & 0x8000, 0);
}

static void test_flr_never(void)
{
	control("r3080 flr never", "ok");
	flr(&rtx3080, 0);
	now += 3600 * 1000 * MS;
	expect(config(&rtx3080, 0, 0), RRS_ID);
	expect(config(&rtx3080, 1, 0), AUDIO_ID);
	control("r3080 state", "ok not-ready 0");
	bus_reset(&rtx3080);
	now += 20 * MS;
	expect(config(&rtx3080, 0, 0), RTX3080_ID);
	control("r3080 state", "ok alive");
}

static void test_flr_kills(void)
{
	control("r3080 flr kills", "ok");
	flr(&rtx3080, 0);
	expect(config(&rtx3080, 0, 0), ONES);
	expect(config(&rtx3080, 1, 0), ONES);
	control("r3080 state", "ok hung-config sbr");
	flr(&rtx3080, 0);
	expect(rtx3080.count[LEVEL_FLR], 1);
	bus_reset(&rtx3080);
	now += 20 * MS;
	expect(config(&rtx3080, 0, 0), RTX3080_ID);
	expect(config(&rtx3080, 1, 0), AUDIO_ID);
}

static void test_sbr(void)
{
	set_up(&rtx3080);
	set_bar0(&rtx3080, 0x88e10, 1);
	set_up(&p40);
	set_bar0(&p40, 0x15bc, 1);
	control("r3080 sbr-ready-ms 300", "ok");
	bus_reset(&rtx3080);
	bus_reset(&p40);
	expect(rtx3080.count[LEVEL_SBR], 1);
	expect(config(&rtx3080, 0, 0), RRS_ID);
	expect(config(&rtx3080, 1, 0), RRS_ID);
	now += 300 * MS;
	expect(config(&rtx3080, 0, 0), RTX3080_ID);
	expect(config(&rtx3080, 0, 0x10), 0);
	expect(config(&rtx3080, 1, 0x10), 0);
	set_up(&rtx3080);
	expect(bar0(&rtx3080, 0x88e10), 0);
	set_up(&p40);
	expect(bar0(&p40, 0x15bc), 0);
	expect(bar0(&p40, 0x2240c), 0);
	expect(bar0(&p40, 0x0), 0x132000a1);
}

static void test_sbr_without_effect(void)
{
	set_up(&p40);
	control("p40a sbr none", "ok");
	control("p40a hang bar sbr", "ok");
	bus_reset(&p40);
	expect(p40.count[LEVEL_SBR], 1);
	expect(config(&p40, 0, 0x10), 0xfb000000);
	expect(bar0(&p40, 0), ONES);
	control("p40a sbr normal", "ok");
	bus_reset(&p40);
	now += 20 * MS;
	expect(config(&p40, 0, 0x10), 0);
	control("p40a state", "ok alive");
}

static void test_slot_power(void)
{
	set_up(&p40);
	slot_power_cycle(&p40);
	expect(p40.count[LEVEL_POWER], 1);
	expect(config(&p40, 0, 0), RRS_ID);
	now += 20 * MS;
	expect(config(&p40, 0, 0), P40_ID);
	expect(config(&p40, 0, 0x10), 0);
	card_power(&p40, false, now);
	control("p40a state", "ok off");
	card_sbr(&p40, true, now);
	card_sbr(&p40, false, now);
	expect(config(&p40, 0, 0), ONES);
}

static void test_not_ready_as_ones(void)
{
	control("r3080 not-ready ones", "ok");
	flr(&rtx3080, 0);
	expect(config(&rtx3080, 0, 0), ONES);
	now += 20 * MS;
	expect(config(&rtx3080, 0, 0), RTX3080_ID);
}

static void test_not_ready_ignores_writes(void)
{
	flr(&rtx3080, 0);
	set_up(&rtx3080);
	now += 20 * MS;
	expect(config(&rtx3080, 0, 0x10), 0);
	expect(config(&rtx3080, 0, 0x04), 0x00100000);
}

static void test_hang_reads(void)
{
	set_up(&rtx3080);
	control("r3080 hang config sbr", "ok");
	expect(config(&rtx3080, 0, 0), ONES);
	expect(config(&rtx3080, 0, 0x7c), ONES);
	expect(config(&rtx3080, 1, 0x10), ONES);
	expect(bar0(&rtx3080, 0), ONES);
	set_config(&rtx3080, 0, 0x10, 0x12000000);
	set_bar0(&rtx3080, 0x1458, 5);
	control("r3080 heal", "ok");
	expect(config(&rtx3080, 0, 0x10), 0xfb000000);
	expect(bar0(&rtx3080, 0x1458), 0);
	control("r3080 hang bar sbr", "ok");
	expect(config(&rtx3080, 0, 0), RTX3080_ID);
	expect(bar0(&rtx3080, 0), ONES);
	expect(card_bar_read(&rtx3080, 1, 0, 0, 4, now), ONES);
	control("r3080 hang badf sbr", "ok");
	expect(bar0(&rtx3080, 0), PRI_ERROR);
	expect(bar0(&rtx3080, 0x118234), PRI_ERROR);
	expect(card_bar_read(&rtx3080, 0, 0, 2, 2, now), 0xbadf);
	expect(card_bar_read(&rtx3080, 0, 1, 0, 4, now), ONES);
}

/* Every hang of every level under every reset. */
static void test_hang_levels(void)
{
	static const char *const levels[] = { "flr", "sbr", "power", "never" };
	static const char *const hangs[] = { "config", "bar", "badf" };

	for (unsigned int hang = 0; hang < ARRAY_SIZE(hangs); hang++) {
		for (unsigned int level = 0; level < ARRAY_SIZE(levels); level++) {
			for (unsigned int reset = 0; reset < LEVEL_NEVER; reset++) {
				char command[64], want[64];
				/* An FLR cannot be delivered to a dead config space. */
				bool cleared = level <= reset && !(hang == 0 && reset == 0);

				snprintf(command, sizeof(command), "r3080 hang %s %s",
					 hangs[hang], levels[level]);
				control(command, "ok");
				if (reset == LEVEL_FLR)
					flr(&rtx3080, 0);
				else if (reset == LEVEL_SBR)
					bus_reset(&rtx3080);
				else
					slot_power_cycle(&rtx3080);
				now += 20 * MS;
				snprintf(want, sizeof(want), "ok hung-%s %s", hangs[hang],
					 levels[level]);
				control("r3080 state", cleared ? "ok alive" : want);
				control("r3080 heal", "ok");
			}
		}
	}
	control("r3080 hang config never", "ok");
	control("r3080 power", "ok");
	control("r3080 state", "ok alive");
}

static void test_system_reset(void)
{
	control("p40a hang config sbr", "ok");
	card_power(&p40, false, now);
	card_link(&p40, false, now);
	card_system_reset(&p40);
	expect(config(&p40, 0, 0), P40_ID);
	set_up(&p40);
	expect(bar0(&p40, 0x2240c), 2);
	control("p40a hang config power", "ok");
	card_system_reset(&p40);
	expect(config(&p40, 0, 0), ONES);
	card_power(&p40, false, now);
	card_system_reset(&p40);
	expect(config(&p40, 0, 0), P40_ID);
}

static void test_boot_progress(void)
{
	control("r3080 boot-ms 2000", "ok");
	set_up(&rtx3080);
	expect(bar0(&rtx3080, 0x118128), 1);
	bus_reset(&rtx3080);
	now += 20 * MS;
	set_up(&rtx3080);
	now += 1999 * MS;
	expect(bar0(&rtx3080, 0x118128), 0);
	expect(bar0(&rtx3080, 0x2240c), 0);
	now += 1 * MS;
	expect(bar0(&rtx3080, 0x118128), 1);
	expect(bar0(&rtx3080, 0x2240c), 2);
	control("r3080 boot-ms -1", "ok");
	flr(&rtx3080, 0);
	now += 3600 * 1000 * MS;
	set_up(&rtx3080);
	expect(bar0(&rtx3080, 0x118128), 0);
	control("r3080 healthy", "ok");
	expect(bar0(&rtx3080, 0x118128), 1);
}

static void test_wpr2(void)
{
	set_up(&rtx3080);
	control("r3080 reg 1fa828 7f0", "ok");
	expect(bar0(&rtx3080, 0x1fa828), 0x7f0);
	flr(&rtx3080, 0);
	now += 20 * MS;
	set_up(&rtx3080);
	expect(bar0(&rtx3080, 0x1fa828), 0);
}

/* Reset by @level, then the card is given time for all but its firmware */
static void reset_by(struct card *card, enum level level)
{
	if (level == LEVEL_FLR)
		flr(card, 0);
	else if (level == LEVEL_SBR)
		bus_reset(card);
	else
		slot_power_cycle(card);
	now += 20 * MS;
	set_up(card);
}

/* The register that says when firmware is done, and what it says. */
static void test_boot_by_generation(void)
{
	static const struct {
		const char *model;
		uint32_t reg, before, after;
	} cases[] = {
		{ "k80", 0x2240c, 0, 0 }, { "gtx1080", 0x2240c, 0, 0 },
		{ "v100", 0x2240c, 0, 0 }, { "future", 0x2240c, 0, 0 },
		{ "t4", 0x118128, 0, 1 }, { "rtx2080", 0x118234, 1, 0x3ff },
		{ "a100", 0x118234, 1, 0x3ff }, { "rtx4090", 0x118234, 1, 0x3ff },
		{ "h100", 0x200bc, 1, 0xff }, { "b200", 0x200bc, 1, 0xff },
		{ "rtx5090", 0xad00bc, 1, 0xff }, { "rtx5070ti", 0xad00bc, 1, 0xff },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);
		bool itself = cases[i].after;

		set_up(card);
		expect(bar0(card, cases[i].reg), itself ? cases[i].after : 2);
		reset_by(card, LEVEL_SBR);
		now += 100 * MS;
		expect(bar0(card, cases[i].reg), cases[i].before);
		control("x verdict", itself ? "ok dead boot" : "ok alive");
		now += 132 * MS;
		expect(bar0(card, cases[i].reg), cases[i].before);
		now += 1 * MS;
		expect(bar0(card, cases[i].reg), cases[i].after);
		control("x verdict", "ok alive");
	}
}

/* The scratch register that every reset clears. */
static void test_canary(void)
{
	static const struct {
		const char *model;
		uint32_t reg;
	} cases[] = {
		{ "k80", 0x15bc }, { "m60", 0x15bc }, { "gtx1080", 0x15bc }, { "v100", 0x15d8 },
		{ "t4", 0x1458 }, { "rtx2080", 0x1458 }, { "a100", 0x1458 },
		{ "rtx4090", 0x1458 }, { "h100", 0x1458 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);

		for (enum level level = LEVEL_FLR; level <= LEVEL_POWER; level++) {
			set_up(card);
			set_bar0(card, cases[i].reg, 1);
			expect(bar0(card, cases[i].reg), 1);
			reset_by(card, level);
			expect(bar0(card, cases[i].reg),
			       level == LEVEL_FLR && !card->model->function[0].flr);
		}
	}
	/* None is known on Blackwell. */
	set_up(card_of("rtx5090"));
	set_bar0(&other, 0x1458, 1);
	expect(bar0(&other, 0x1458), 0);
}

static void test_bars_by_model(void)
{
	static const struct {
		const char *model;
		unsigned int fn, offset;
		uint32_t want;
	} cases[] = {
		{ "k80", 0, 0x18, 0xfffffffc }, { "m60", 0, 0x14, 0xf000000c },
		{ "rtx2080", 2, 0x10, 0xfffc000c }, { "rtx2080", 2, 0x1c, 0xffff000c },
		{ "rtx2080", 3, 0x10, 0xfffff000 }, { "a100", 0, 0x18, 0xfffffff0 },
		{ "h100", 0, 0x10, 0xff00000c }, { "h100", 0, 0x1c, 0xffffffe0 },
		{ "h100", 0, 0x20, 0xfe00000c }, { "b200", 0, 0x1c, 0xffffffc0 },
		{ "rtx5090", 0, 0x10, 0xfc000000 }, { "rtx5090", 0, 0x14, 0xf000000c },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);

		set_config(card, cases[i].fn, cases[i].offset, ONES);
		expect(config(card, cases[i].fn, cases[i].offset), cases[i].want);
	}
	/* Video memory is BAR 2 where BAR 0 has 64 bits. */
	card_set_bar1(card_of("h100"), 1ULL << 28);
	set_config(&other, 0, 0x18, ONES);
	expect(config(&other, 0, 0x18), 0xf000000c);
	set_config(&other, 0, 0x14, ONES);
	expect(config(&other, 0, 0x14), ONES);
}

/* What the kernel's quirk_usb_handoff_xhci() waits for. */
static void test_xhci_handoff(void)
{
	struct card *card = card_of("rtx2080");

	expect(card_bar_read(card, 2, 0, 0x00, 4, now), ONES);
	set_up(card);
	expect(card_bar_read(card, 2, 0, 0x00, 4, now) & 0xff, 0x20);
	expect(card_bar_read(card, 2, 0, 0x10, 4, now) >> 16, 0);
	expect(card_bar_read(card, 2, 0, 0x24, 4, now) & (1 << 0), 1);
	expect(card_bar_read(card, 2, 0, 0x24, 4, now) & (1 << 11), 0);
	expect(card_bar_read(card, 1, 0, 0x24, 4, now), 0);
}

static void test_config_mirror_of_hopper(void)
{
	struct card *card = card_of("h100");

	set_up(card);
	expect(bar0(card, 0x92000), 0x233110de);
	expect(bar0(card, 0x88000), 0);
	expect(bar0(card_of("rtx5090"), 0x92000), ONES);
	set_up(&other);
	expect(bar0(&other, 0x92000), 0x2b8510de);
	expect(bar0(&other, 0x94000), 0);
}

static void fault_under_reset(const char *model, const char *fault, const char *reason,
			      enum level level, enum level reset)
{
	static const char *const levels[] = { "flr", "sbr", "power", "never" };
	struct card *card = card_of(model);
	char command[64], dead[64];

	snprintf(command, sizeof(command), "x %s %s", fault, levels[level]);
	snprintf(dead, sizeof(dead), "ok dead %s", reason);
	set_up(card);
	control(command, "ok");
	control("x verdict", dead);
	reset_by(card, reset);
	now += 3600 * 1000 * MS;
	control("x verdict", level <= reset ? "ok alive" : dead);
	control("x heal", "ok");
	set_up(card);
	control("x verdict", "ok alive");
}

/* Each fault that has a level, under each reset, on a card that has all resets. */
static void test_fault_levels(void)
{
	static const struct {
		const char *model, *fault, *verdict;
	} cases[] = {
		{ "rtx3080", "wpr2", "wpr2" }, { "h100", "wpr2", "wpr2" },
		{ "rtx5090", "wpr2", "wpr2" },
		{ "rtx3080", "sec", "sec" }, { "b200", "sec", "sec" },
		{ "b200", "firewall", "firewall" }, { "rtx5070ti", "firewall", "firewall" },
		{ "a100", "boot-stuck", "boot" }, { "h100", "boot-stuck", "boot" },
		{ "rtx5090", "boot-stuck", "boot" },
		{ "rtx3080", "link-dead", "link" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		enum level link = strcmp(cases[i].fault, "link-dead") ? LEVEL_FLR : LEVEL_SBR;

		for (enum level level = link; level <= LEVEL_NEVER; level++)
			for (enum level reset = LEVEL_FLR; reset < LEVEL_NEVER; reset++)
				fault_under_reset(cases[i].model, cases[i].fault,
						  cases[i].verdict, level, reset);
	}
}

static void test_fault_reads(void)
{
	struct card *card = card_of("rtx5090");

	set_up(card);
	control("x wpr2 sbr", "ok");
	expect(bar0(card, 0x88a828) >> 4 != 0, true);
	reset_by(card, LEVEL_FLR);
	now += 1000 * MS;
	expect(bar0(card, 0x88a828) >> 4 != 0, true);
	reset_by(card, LEVEL_SBR);
	now += 1000 * MS;
	expect(bar0(card, 0x88a828), 0);

	control("x sec power", "ok");
	expect(bar0(card, 0), 0xbadf0200);
	expect(bar0(card, 0xad00bc), 0xbadf0200);
	expect(config(card, 0, 0), 0x2b8510de);
	expect(card_bar_read(card, 1, 0, 0, 4, now), 0);
	control("x sec power", "ok");
	reset_by(card, LEVEL_SBR);
	now += 1000 * MS;
	expect(bar0(card, 0), 0xbadf0200);
	control("x heal", "ok");
	expect(bar0(card, 0), 0x1b2000a1);

	control("x boot-stuck sbr", "ok");
	expect(bar0(card, 0xad00bc), 1);
	control("x heal", "ok");
	expect(bar0(card, 0xad00bc), 0xff);

	card = card_of("h100");
	set_up(card);
	control("x wpr2 flr", "ok");
	expect(bar0(card, 0x1fa828) >> 4 != 0, true);
	reset_by(card, LEVEL_FLR);
	expect(bar0(card, 0x1fa828), 0);
}

static void test_fault_is_for_chips_that_have_it(void)
{
	control("p40a wpr2 sbr", "err a p40 cannot have wpr2");
	control("p40a boot-stuck sbr", "err a p40 cannot have boot-stuck");
	control("r3080 firewall sbr", "err a rtx3080 cannot have firewall");
	control("r3080 firewall-ms 5", "err a rtx3080 has no BAR firewall");
	control("r3080 link-dead flr", "err an FLR cannot reach a card without a link");
	control("p40a sec warm", "err sec does not know 'warm'");
	control("p40a hda off", "err a p40 has no audio function to turn off");
	card_of("rtx5090");
	control("x hda off", "err a rtx5090 has no audio function to turn off");
	set_up(&p40);
	control("p40a verdict", "ok alive");
}

/* DVSEC of vendor 10de with id 0, bit 20 of its third dword. */
static void test_firewall(void)
{
	static const struct {
		const char *model;
		uint32_t config_reg;
	} cases[] = { { "b200", 0xaf8 }, { "rtx5090", 0x2b8 }, { "rtx5070ti", 0x2b8 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);
		unsigned int at = 0x100;

		while (at && (config(card, 0, at) & 0xffff) != 0x23)
			at = config(card, 0, at) >> 20;
		expect(at + 8, cases[i].config_reg);
		expect(config(card, 0, at + 4) & 0xffff, 0x10de);
		expect(config(card, 0, at + 8), 0);
		set_up(card);
		reset_by(card, LEVEL_SBR);
		now += 99 * MS;
		expect(config(card, 0, at + 8) & 0xffff, 0);
		expect(config(card, 0, at + 8) >> 20 & 1, 1);
		expect(bar0(card, 0), ONES);
		set_bar0(card, 0x200, 5);
		control("x verdict", "ok dead firewall");
		now += 1 * MS;
		expect(config(card, 0, at + 8), 0);
		expect(bar0(card, 0), card->model->boot0);
		expect(bar0(card, 0x200), 0);
		control("x firewall-ms 700", "ok");
		reset_by(card, LEVEL_FLR);
		now += 699 * MS;
		expect(bar0(card, 0), ONES);
		now += 1 * MS;
		expect(bar0(card, 0), card->model->boot0);
	}
}

static void test_chip_kept(void)
{
	set_up(&rtx3080);
	set_bar0(&rtx3080, 0x1458, 1);
	control("r3080 chip-kept sbr", "ok");
	control("r3080 verdict", "ok alive");
	flr(&rtx3080, 0);
	now += 20 * MS;
	expect(config(&rtx3080, 0, 0x10), 0);
	set_up(&rtx3080);
	expect(bar0(&rtx3080, 0x1458), 1);
	/* Firmware was not restarted either. */
	expect(bar0(&rtx3080, 0x118234), 0x3ff);
	reset_by(&rtx3080, LEVEL_SBR);
	expect(bar0(&rtx3080, 0x1458), 0);
	expect(bar0(&rtx3080, 0x118234), 1);
	set_bar0(&rtx3080, 0x1458, 1);
	reset_by(&rtx3080, LEVEL_FLR);
	expect(bar0(&rtx3080, 0x1458), 0);
}

static void test_gh200(void)
{
	struct card *card = card_of("gh200");

	set_up(card);
	reset_by(card, LEVEL_FLR);
	now += 1000 * MS;
	control("x verdict", "ok alive");
	reset_by(card, LEVEL_SBR);
	expect(config(card, 0, 0), ONES);
	control("x verdict", "ok dead hang");
	reset_by(card, LEVEL_SBR);
	control("x verdict", "ok dead hang");
	reset_by(card, LEVEL_POWER);
	now += 1000 * MS;
	control("x verdict", "ok alive");
	control("x count sbr", "ok 2");
}

static void test_verdict(void)
{
	set_up(&p40);
	control("p40a verdict", "ok alive");
	control("p40a hang bar sbr", "ok");
	control("p40a verdict", "ok dead hang");
	control("p40a heal", "ok");
	card_link(&p40, false, now);
	control("p40a verdict", "ok dead link");
	card_power(&p40, false, now);
	control("p40a verdict", "ok dead off");
	card_link(&p40, true, now);
	card_power(&p40, true, now);
	control("p40a verdict", "ok dead not-ready");
	now += 20 * MS;
	control("p40a verdict", "ok dead bars");
	/* What a kernel writes back that saved the state of a dead card. */
	for (unsigned int offset = 0x10; offset < 0x24; offset += 4)
		set_config(&p40, 0, offset, ONES);
	control("p40a verdict", "ok dead bars");
	set_up(&p40);
	control("p40a verdict", "ok alive");
}

static void test_hda_off(void)
{
	set_up(&rtx3080);
	control("r3080 hda off", "ok");
	expect(config(&rtx3080, 1, 0), ONES);
	expect(config(&rtx3080, 0, 0x0c) >> 23 & 1, 0);
	control("r3080 verdict", "ok dead function");
	set_config(&rtx3080, 0, 0x488, 1u << 25);
	expect(config(&rtx3080, 1, 0), AUDIO_ID);
	expect(config(&rtx3080, 0, 0x0c) >> 23 & 1, 1);
	control("r3080 verdict", "ok alive");
	reset_by(&rtx3080, LEVEL_FLR);
	expect(config(&rtx3080, 1, 0), AUDIO_ID);
	for (enum level level = LEVEL_SBR; level <= LEVEL_POWER; level++) {
		reset_by(&rtx3080, level);
		expect(config(&rtx3080, 1, 0), ONES);
		set_config(&rtx3080, 0, 0x488, 1u << 25);
		expect(config(&rtx3080, 1, 0), AUDIO_ID);
	}
	control("r3080 hda on", "ok");
	bus_reset(&rtx3080);
	now += 20 * MS;
	expect(config(&rtx3080, 1, 0), AUDIO_ID);

	/* The other siblings stay. */
	set_up(card_of("rtx2080"));
	control("x hda off", "ok");
	expect(config(&other, 1, 0), ONES);
	expect(config(&other, 2, 0), 0x1ad810de);
	expect(config(&other, 0, 0x0c) >> 23 & 1, 1);
}

static void train(struct card *card, unsigned int speed)
{
	if (card_train(card, 16, speed))
		card_link(card, true, now);
}

static void bus_reset_and_train(struct card *card, unsigned int speed)
{
	card_link(card, false, now);
	card_sbr(card, true, now);
	card_sbr(card, false, now);
	train(card, speed);
	now += 20 * MS;
}

/* Speed and width in the link status. */
static unsigned int link_status(struct card *card)
{
	return config(card, 0, card->function[0].express + 0x10) >> 16 & 0x3ff;
}

static void test_link_width(void)
{
	expect(link_status(&p40), 0x103);
	control("p40a link-width 8", "ok");
	expect(link_status(&p40), 0x103);
	bus_reset_and_train(&p40, 3);
	expect(link_status(&p40), 0x083);
	train(&p40, 3);
	expect(link_status(&p40), 0x103);
	bus_reset_and_train(&p40, 3);
	expect(link_status(&p40), 0x103);

	control("p40a link-width 4 keep", "ok");
	for (unsigned int i = 0; i < 2; i++) {
		bus_reset_and_train(&p40, 3);
		expect(link_status(&p40), 0x043);
		train(&p40, 3);
		expect(link_status(&p40), 0x043);
	}
	card_link(&p40, false, now);
	card_power(&p40, false, now);
	card_power(&p40, true, now);
	train(&p40, 3);
	now += 20 * MS;
	expect(link_status(&p40), 0x103);

	/* The protocol's power cycle does not take the link down. */
	control("p40a link-width 4 keep", "ok");
	bus_reset_and_train(&p40, 3);
	control("p40a power", "ok");
	expect(link_status(&p40), 0x103);
	bus_reset_and_train(&p40, 3);
	expect(link_status(&p40), 0x103);

	control("r3080 link-width 8", "ok");
	flr(&rtx3080, 0);
	now += 20 * MS;
	expect(link_status(&rtx3080), 0x083);
	train(&rtx3080, 3);
	expect(link_status(&rtx3080), 0x103);
	control("p40a link-width 0", "err link-width takes a number from 1 to 16, not '0'");
	control("p40a link-width 8 hold", "err link-width does not know 'hold'");
}

static void test_link_speed(void)
{
	control("p40a link-speed 1", "ok");
	expect(link_status(&p40), 0x103);
	train(&p40, 3);
	expect(link_status(&p40), 0x103);
	bus_reset_and_train(&p40, 3);
	expect(config(&p40, 0, 0), ONES);
	control("p40a verdict", "ok dead link");
	bus_reset_and_train(&p40, 2);
	control("p40a verdict", "ok dead link");
	/* A retraining with a lower target is enough. */
	train(&p40, 1);
	expect(link_status(&p40), 0x101);
	/* Faster is not to be had, and the link survives the attempt. */
	expect(card_train(&p40, 16, 3), true);
	expect(link_status(&p40), 0x101);
	control("p40a heal", "ok");
	train(&p40, 3);
	expect(link_status(&p40), 0x103);
	/* Never faster than the card is. */
	train(&p40, 4);
	expect(link_status(&p40), 0x103);
}

static void test_link_dead(void)
{
	control("p40a link-dead sbr", "ok");
	expect(config(&p40, 0, 0), ONES);
	expect(card_link_dead(&p40), true);
	expect(card_train(&p40, 16, 3), false);
	control("p40a state", "ok link-down");
	bus_reset_and_train(&p40, 3);
	expect(config(&p40, 0, 0), P40_ID);
	control("p40a link-dead never", "ok");
	slot_power_cycle(&p40);
	expect(card_link_dead(&p40), true);
	control("p40a power", "ok");
	expect(config(&p40, 0, 0), P40_ID);
}

static void test_slot(void)
{
	control("p40a slot out", "ok");
	expect(config(&p40, 0, 0), ONES);
	expect(card_link_dead(&p40), true);
	control("p40a state", "ok off");
	bus_reset_and_train(&p40, 3);
	slot_power_cycle(&p40);
	control("p40a heal", "ok");
	expect(card_link_dead(&p40), true);
	control("p40a slot in", "ok");
	train(&p40, 3);
	expect(config(&p40, 0, 0), P40_ID);
	control("p40a slot out", "ok");
	control("p40a power", "ok");
	expect(card_link_dead(&p40), false);
	control("p40a slot up", "err slot does not know 'up'");
}

static void test_integrated(void)
{
	struct card *card = card_of("gtx1080");

	card_set_integrated(card);
	for (unsigned int fn = 0; fn < 2; fn++)
		expect(config(card, fn, 0x78) >> 20 & 0xf, 9);
	card_system_reset(card);
	expect(config(card, 0, 0x78) >> 20 & 0xf, 9);
	expect(config(&p40, 0, 0x78) >> 20 & 0xf, 0);
}

/* Every reset that reaches the GPU takes the size back to the default. */
static void test_resizable_bar(void)
{
	struct card *card = card_of("rtx4090");

	expect(config(card, 0, 0xbb0), 0xc1c10015);
	expect(config(card, 0, 0xbb4), 0x000ffc00);
	expect(config(card, 0, 0xbb8), 0x00000821);
	for (enum level level = LEVEL_FLR; level <= LEVEL_POWER; level++) {
		set_config(card, 0, 0x14, ONES);
		expect(config(card, 0, 0x14), 0xf000000c);
		set_config(card, 0, 0xbb8, 0x00000a21);
		expect(config(card, 0, 0xbb8), 0x00000a21);
		expect(card->function[0].bars[1].bytes, 1ULL << 30);
		expect(config(card, 0, 0x14), 0xc000000c);
		set_config(card, 0, 0xbb8, 0x00000f21);
		set_config(card, 0, 0x14, ONES);
		set_config(card, 0, 0x18, ONES);
		expect(config(card, 0, 0x14), 0x0000000c);
		expect(config(card, 0, 0x18), 0xfffffff8);
		/* 64 GiB are not on offer. */
		set_config(card, 0, 0xbb8, 0x00001021);
		expect(config(card, 0, 0xbb8), 0x00000f21);
		reset_by(card, level);
		expect(config(card, 0, 0xbb8), 0x00000821);
		expect(card->function[0].bars[1].bytes, 256ULL << 20);
	}
	card_set_bar1(card_of("rtx4090"), 16ULL << 20);
	expect(config(&other, 0, 0xbb4), 0x000ffd00);
	expect(config(&other, 0, 0xbb8), 0x00000421);
	set_config(&other, 0, 0x14, ONES);
	expect(config(&other, 0, 0x14), 0xff00000c);
}

/* What a driver or the kernel set up, and has to set up again. */
static void test_config_lost_in_a_reset(void)
{
	static const struct {
		const char *model;
		unsigned int offset;
		uint32_t value;
		bool flr_keeps;
	} cases[] = {
		{ "rtx4090", 0x04, 0x00100507, false },		/* COMMAND */
		{ "rtx4090", 0x68, 0x00817805, false },		/* MSI enable */
		{ "rtx4090", 0x6c, 0xfee00000, false },		/* MSI address */
		{ "rtx4090", 0x88, 0x11030043, true },		/* ASPM, common clock */
		{ "rtx4090", 0xa0, 0x00000400, false },		/* LTR enable */
		{ "rtx4090", 0x254, 0x10031003, false },	/* LTR latencies */
		{ "rtx4090", 0x260, 0x4000000f, false },	/* L1 substates */
		{ "rtx4090", 0x428, 0x00004000, true },		/* AER mask */
		{ "rtx5090", 0x48, 0x01896005, false },		/* MSI enable */
		{ "rtx5090", 0x58, 0x0000fffe, false },		/* MSI mask */
		{ "rtx5090", 0x88, 0x00000400, false },		/* LTR enable */
		{ "rtx5090", 0x130, 0x10031003, false },	/* LTR latencies */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);
		unsigned int offset = cases[i].offset;
		uint32_t before = config(card, 0, offset);

		expect(before != cases[i].value, true);
		for (enum level level = LEVEL_FLR; level <= LEVEL_POWER; level++) {
			set_config(card, 0, offset, cases[i].value);
			expect(config(card, 0, offset), cases[i].value);
			if (level == LEVEL_FLR)
				flr(card, 0);
			else if (level == LEVEL_SBR)
				bus_reset(card);
			else
				slot_power_cycle(card);
			now += 20 * MS;
			expect(config(card, 0, offset),
			       level == LEVEL_FLR && cases[i].flr_keeps ? cases[i].value :
									 before);
		}
	}
}

/* ATS and PASID, of the cards that have them: nothing in them outlives a reset. */
static void test_translation(void)
{
	static const struct {
		const char *model;
		unsigned int ats, next;
		bool sbr;
	} cases[] = {
		{ "h100", 0x2e0, 0x2f0, true }, { "gh200", 0x2e0, 0x2f0, false },
		{ "b200", 0x3a8, 0xaf0, true },
	};
	static const char *const others[] = { "p40", "a100", "rtx4090", "rtx5090", "future" };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct card *card = card_of(cases[i].model);
		unsigned int ats = cases[i].ats + 4, pasid = cases[i].ats + 12;

		expect(extended(card, 0, 0x000f), cases[i].ats);
		expect(extended(card, 0, 0x001b), cases[i].ats + 8);
		expect(extended(card, 0, 0x0013), 0);
		expect(config(card, 0, ats - 4), (ats + 4) << 20 | 0x1000f);
		expect(config(card, 0, pasid - 4), cases[i].next << 20 | 0x1001b);
		expect(config(card, 0, ats), 0x00000020);
		expect(config(card, 0, pasid), 0x00001406);
		set_config(card, 0, ats - 4, 0);
		expect(extended(card, 0, 0x000f), cases[i].ats);
		/* Enable alone, as the kernel does it. */
		card_config_write(card, 0, ats + 2, 0x8000, 2, now);
		expect(config(card, 0, ats), 0x80000020);
		for (unsigned int reset = 0; reset < LEVEL_NEVER; reset++) {
			if (reset == LEVEL_SBR && !cases[i].sbr)
				continue;
			set_config(card, 0, ats, ONES);
			set_config(card, 0, pasid, ONES);
			expect(config(card, 0, ats), 0x801f0020);
			expect(config(card, 0, pasid), 0x00071406);
			if (reset == LEVEL_FLR)
				flr(card, 0);
			else if (reset == LEVEL_SBR)
				bus_reset(card);
			else
				slot_power_cycle(card);
			expect(config(card, 0, ats), ONES);
			set_config(card, 0, ats, ONES);
			now += 20 * MS;
			expect(config(card, 0, ats), 0x00000020);
			expect(config(card, 0, pasid), 0x00001406);
		}
		set_config(card, 0, ats, 0x80000000);
		control("x hang config sbr", "ok");
		expect(config(card, 0, ats), ONES);
		set_config(card, 0, ats, 0);
		control("x heal", "ok");
		expect(config(card, 0, ats), 0x80000020);
		/* D3hot to D0 is no reset. */
		card_config_write(card, 0, card->function[0].pm + 4, 3, 2, now);
		card_config_write(card, 0, card->function[0].pm + 4, 0, 2, now);
		expect(config(card, 0, ats), 0x80000020);
	}
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct card *card = card_of(others[i]);

		expect(extended(card, 0, 0x000f), 0);
		expect(extended(card, 0, 0x001b), 0);
	}
}

static void test_d3cold(void)
{
	set_up(&p40);
	card_port_d3(&p40);
	control("p40a verdict", "ok alive");
	control("p40a d3cold lose", "ok");
	control("p40a verdict", "ok alive");
	card_port_d3(&p40);
	control("p40a verdict", "ok dead off");
	control("p40a state", "ok off");
	expect(config(&p40, 0, 0), ONES);
	expect(card_train(&p40, 16, 3), false);
	bus_reset_and_train(&p40, 3);
	expect(config(&p40, 0, 0), ONES);
	slot_power_cycle(&p40);
	now += 20 * MS;
	expect(config(&p40, 0, 0), P40_ID);
	/* The platform is still the same. */
	card_port_d3(&p40);
	control("p40a state", "ok off");
	control("p40a power", "ok");
	card_port_d3(&p40);
	control("p40a state", "ok alive");
}

static void test_storm(void)
{
	control("r3080 storm on", "ok");
	expect(rtx3080.storm, true);
	bus_reset(&rtx3080);
	expect(rtx3080.storm, true);
	control("r3080 storm off", "ok");
	expect(rtx3080.storm, false);
	control("r3080 storm on", "ok");
	control("r3080 healthy", "ok");
	expect(rtx3080.storm, false);
	control("r3080 storm sometimes", "err storm does not know 'sometimes'");
}

/* What a guest leaves behind in a function ends with a reset of that function. */
static void test_soil(void)
{
	static const char *const models[] = { "p40", "v100", "rtx2080", "rtx4090", "h100", "b200" };

	for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
		struct card *card = card_of(models[i]);
		unsigned int fns = card->model->functions;
		const char *all = fns == 1 ? "ok 0" : fns == 2 ? "ok 0 1" : "ok 0 1 2 3";

		set_up(card);
		control("x soiled", "ok none");
		for (enum level level = LEVEL_FLR; level <= LEVEL_POWER; level++) {
			control("x soil", "ok");
			control("x soiled", all);
			expect(bar0(card, 0x200), 0x100);
			/* D3hot to D0 is no reset, nor is what mends faults. */
			card_config_write(card, 0, card->function[0].pm + 4, 3, 2, now);
			card_config_write(card, 0, card->function[0].pm + 4, 0, 2, now);
			control("x healthy", "ok");
			control("x soiled", all);
			reset_by(card, level);
			now += 100 * MS;
			control("x soiled", level != LEVEL_FLR ? "ok none" :
				!card->model->function[0].flr ? all :
				fns == 1 ? "ok none" : fns == 2 ? "ok 1" : "ok 1 2 3");
		}
		control("x soil", "ok");
		control("x power", "ok");
		control("x soiled", "ok none");
	}
	/* The siblings have no FLR to be asked for. */
	control("r3080 soil", "ok");
	flr(&rtx3080, 1);
	control("r3080 soiled", "ok 0 1");
	/* A reset that does not reach the chip leaves there what the guest did. */
	control("r3080 chip-kept sbr", "ok");
	flr(&rtx3080, 0);
	control("r3080 soiled", "ok 0 1");
	control("r3080 heal", "ok");
	control("r3080 sbr none", "ok");
	bus_reset(&rtx3080);
	control("r3080 soiled", "ok 0 1");
	control("r3080 sbr normal", "ok");
	bus_reset(&rtx3080);
	control("r3080 soiled", "ok none");
	/* No guest can have programmed what is not there. */
	control("r3080 hda off", "ok");
	control("r3080 soil", "ok");
	control("r3080 soiled", "ok 0");
}

/* Since when a card could be used again: the last of what a reset takes time for. */
static void test_ready_ago(void)
{
	struct card *card = card_of("rtx5090");

	set_up(card);
	control("x ready-ago", "ok never-reset");
	control("x hang bar sbr", "ok");
	control("x heal", "ok");
	control("x ready-ago", "ok never-reset");
	/* Config space after 20 ms, then firewall and firmware. */
	flr(card, 0);
	now += 252 * MS;
	control("x ready-ago", "ok not-ready");
	now += 1 * MS;
	control("x ready-ago", "ok 0");
	now += 1999;
	control("x ready-ago", "ok 1");
	control("x firewall-ms 700", "ok");
	control("x boot-ms 0", "ok");
	reset_by(card, LEVEL_SBR);
	now += 699 * MS;
	control("x ready-ago", "ok not-ready");
	now += 11 * MS;
	control("x ready-ago", "ok 10");
	control("x firewall-ms 0", "ok");
	card_link(card, false, now);
	card_sbr(card, true, now);
	card_sbr(card, false, now);
	now += 500 * MS;
	control("x ready-ago", "ok not-ready");
	card_link(card, true, now);
	now += 5 * MS;
	control("x ready-ago", "ok 5");
	/* Not while it hangs; a hang that a command ends does not count as time before. */
	control("x hang badf power", "ok");
	control("x ready-ago", "ok not-ready");
	now += 50 * MS;
	control("x heal", "ok");
	now += 3 * MS;
	control("x ready-ago", "ok 3");
	control("x healthy", "ok");
	control("x clear", "ok");
	control("x ready-ago", "ok 3");
	control("x power", "ok");
	now += 7 * MS;
	control("x ready-ago", "ok 7");
	card_system_reset(card);
	control("x ready-ago", "ok never-reset");
	/* Pascal has no firmware of its own to wait for, and a reset that does nothing is none. */
	control("p40a sbr none", "ok");
	bus_reset(&p40);
	control("p40a ready-ago", "ok never-reset");
	control("p40a sbr normal", "ok");
	slot_power_cycle(&p40);
	now += 21 * MS;
	control("p40a ready-ago", "ok 1");
}

static bool masked;

static bool time_out(const struct card *card)
{
	return !masked;
}

/* Which reads are not completed, and which of them the port above hears of. */
static void test_completion_timeout(void)
{
	static const struct {
		const char *command;
		bool lost;
	} cases[] = {
		{ "r3080 hang config sbr", true }, { "r3080 hang bar sbr", true },
		{ "r3080 link-dead sbr", true }, { "r3080 hang badf sbr", false },
		{ "r3080 sec sbr", false }, { "r3080 wpr2 sbr", false },
	};
	char lost[32];

	rtx3080.timed_out = time_out;
	set_up(&rtx3080);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		control("r3080 clear", "ok");
		control(cases[i].command, "ok");
		bar0(&rtx3080, 0);
		card_bar_read(&rtx3080, 0, 0, 0, 8, now);
		snprintf(lost, sizeof(lost), "ok %u", cases[i].lost ? 2 : 0);
		control("r3080 count bar0-lost", lost);
		control("r3080 count cto", "ok 0");
		control("r3080 clear", "ok");
		control("r3080 cto on", "ok");
		bar0(&rtx3080, 0);
		masked = true;
		bar0(&rtx3080, 0);
		masked = false;
		control("r3080 count bar0-lost", lost);
		control("r3080 count cto", cases[i].lost ? "ok 1" : "ok 0");
		control("r3080 heal", "ok");
		expect(rtx3080.cto, false);
	}
	/* Other BARs and functions time out as well; config space and writes do not. */
	control("r3080 clear", "ok");
	control("r3080 cto on", "ok");
	control("r3080 hang bar sbr", "ok");
	card_bar_read(&rtx3080, 0, 1, 0, 4, now);
	card_bar_read(&rtx3080, 1, 0, 0, 4, now);
	set_bar0(&rtx3080, 0, 0);
	config(&rtx3080, 0, 0);
	card_read_unclaimed(&rtx3080);
	control("r3080 count cto", "ok 2");
	control("r3080 count bar0-lost", "ok 0");
	/* What a function does not decode it answers. */
	card_config_write(&rtx3080, 0, 0x04, 0, 2, now);
	bar0(&rtx3080, 0);
	flr(&rtx3080, 0);
	bar0(&rtx3080, 0);
	control("r3080 count cto", "ok 2");
	control("r3080 hang config sbr", "ok");
	card_read_unclaimed(&rtx3080);
	control("r3080 count cto", "ok 3");
	control("r3080 count bar0-lost", "ok 1");
	control("r3080 cto off", "ok");
	card_read_unclaimed(&rtx3080);
	control("r3080 count cto", "ok 3");
	control("r3080 cto maybe", "err cto does not know 'maybe'");
	/* On the root bus nobody listens. */
	rtx3080.timed_out = NULL;
	control("r3080 cto on", "ok");
	bar0(&rtx3080, 0);
	control("r3080 count cto", "ok 3");
	control("r3080 count bar0-lost", "ok 3");
}

static void read_all(struct card *card, uint32_t *dwords)
{
	for (unsigned int i = 0; i < CONFIG_DWORDS; i++)
		dwords[i] = config(card, 0, i * 4);
}

static void test_scramble(void)
{
	static uint32_t well[CONFIG_DWORDS], once[CONFIG_DWORDS], again[CONFIG_DWORDS];
	unsigned int nonsense = 0, dead = 0;
	char line[64], reply[128];

	set_up(&p40);
	read_all(&p40, well);
	for (unsigned int seed = 0; seed < 200; seed++) {
		snprintf(line, sizeof(line), "p40a scramble %u sbr", seed);
		control(line, "ok");
		read_all(&p40, once);
		control(line, "ok");
		read_all(&p40, again);
		expect(memcmp(once, again, sizeof(once)), 0);
		nonsense += !!memcmp(once, well, sizeof(once));
		card_control(&p40, "p40a verdict", reply, sizeof(reply), now);
		if (strcmp(reply, "ok alive")) {
			dead++;
			expect(strcmp(reply, "ok dead scramble"), 0);
		}
	}
	expect(nonsense > 150, true);
	expect(dead > 50 && dead < nonsense, true);

	/* What is written goes to what is behind it, and a reset of its level ends it. */
	control("p40a heal", "ok");
	control("p40a config 0 10 12345678", "ok");
	control("p40a config 0 34 44", "ok");
	expect(config(&p40, 0, 0x10), 0x12345678);
	expect(config(&p40, 0, 0x34), 0x44);
	control("p40a verdict", "ok dead scramble");
	set_config(&p40, 0, 0x10, 0xfa000000);
	expect(config(&p40, 0, 0x10), 0x12345678);
	control("p40a heal", "ok");
	expect(config(&p40, 0, 0x10), 0xfa000000);
	control("p40a verdict", "ok alive");
	control("p40a config 0 40 1", "ok");
	control("p40a verdict", "ok alive");
	control("p40a config 1 0 0", "err config takes a number from 0 to 0, not '1'");

	/* It begins later. */
	control("p40a heal", "ok");
	set_config(&p40, 0, 0x10, 0xfb000000);
	control("p40a scramble 3 flr 1024", "ok");
	read_all(&p40, once);
	expect(memcmp(once, well, sizeof(once)), 0);
	read_all(&p40, once);
	expect(!!memcmp(once, well, sizeof(once)), true);
	control("p40a scramble 3 flr", "ok");
	read_all(&p40, again);
	expect(memcmp(once, again, sizeof(once)), 0);
	bus_reset(&p40);
	expect(p40.scramble.on, false);
	control("p40a scramble x sbr", "err scramble takes a number from 0 to 4294967295, not 'x'");
}

/* A walk of function @fn's extended list that believes what it reads. Return: it ends. */
static bool list_ends(struct card *card, unsigned int fn)
{
	unsigned int at = 0x100, n;

	for (n = 0; at >= 0x100 && n < CONFIG_DWORDS; n++)
		at = config(card, fn, at) >> 20 & ~3U;
	return n < CONFIG_DWORDS;
}

static void test_finite(void)
{
	struct card *card = card_of("rtx5090");
	unsigned int loops = 0, kept = 0;
	char line[64];

	set_up(card);
	control("x finite", "err nothing is scrambled");
	for (unsigned int seed = 0; seed < 1000; seed++) {
		snprintf(line, sizeof(line), "x scramble %u never", seed);
		control(line, "ok");
		/* All-ones for a while are not what this is about. */
		card->scramble.ones = 0;
		loops += !list_ends(card, 0) || !list_ends(card, 1);
		control("x finite", "ok");
		expect(list_ends(card, 0) && list_ends(card, 1), true);
		kept += card->scramble.mask[0][0x100 / 4] == UINT32_MAX;
	}
	expect(loops > 50, true);
	expect(kept > 20, true);
}

static void test_control(void)
{
	control("ping", "ok");
	control("ping\r", "ok");
	control("  p40a\tstate ", "ok alive");
	control("", "err empty line");
	control("nocard state", "err no card 'nocard'");
	control("p40a", "err no command for card 'p40a'");
	control("p40a explode", "err unknown command 'explode'");
	control("p40a hang config", "err hang takes 2 to 2 words");
	control("p40a hang none sbr", "err hang does not know 'none'");
	control("p40a hang config warm", "err hang does not know 'warm'");
	control("p40a flr-ready-ms 10x",
		"err flr-ready-ms takes a number from 0 to 3600000, not '10x'");
	control("p40a flr-ready-ms -1",
		"err flr-ready-ms takes a number from 0 to 3600000, not '-1'");
	control("p40a boot-ms -2", "err boot-ms takes a number from -1 to 3600000, not '-2'");
	control("p40a a b c d e", "err too many words");
	control("p40a count never", "err count does not know 'never'");
	control("p40a reg 0", "ok 0x132000a1");
	control("p40a reg 4 1", "err p40 has no register 0x4 that can be set");
	control("p40a state", "ok alive");
	control("p40a id 10000", "err id takes a number from 0 to 65535, not '10000'");
	control("p40a id 1bb3", "ok");
	expect(config(&p40, 0, 0), 0x1bb310de);
	bus_reset(&p40);
	control("p40a state", "ok not-ready 0");
	now += 20000;
	expect(config(&p40, 0, 0), 0x1bb310de);
	bus_reset(&p40);
	control("p40a state", "ok not-ready 0");
	control("p40a count sbr", "ok 2");
	control("p40a clear", "ok");
	control("p40a count sbr", "ok 0");
}

static void test_control_power_and_heal(void)
{
	set_up(&p40);
	control("p40a sbr none", "ok");
	control("p40a sbr-ready-ms 5000", "ok");
	control("p40a hang config power", "ok");
	control("p40a heal", "ok");
	expect(config(&p40, 0, 0x10), 0xfb000000);
	expect(p40.sbr_ignored, false);
	expect(p40.sbr_ready_ms, 5000);
	control("p40a healthy", "ok");
	expect(p40.sbr_ready_ms, 20);
	expect(config(&p40, 0, 0x10), 0xfb000000);
	control("p40a hang config never", "ok");
	control("p40a power", "ok");
	expect(config(&p40, 0, 0), P40_ID);
	expect(config(&p40, 0, 0x10), 0);
	control("p40a count power", "ok 0");
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "identity", test_identity },
	{ "models", test_models },
	{ "capability lists", test_capability_lists },
	{ "bar sizing", test_bar_sizing },
	{ "write and write-1-to-clear masks", test_masks },
	{ "registers", test_registers },
	{ "D3hot keeps state", test_d3hot_keeps_state },
	{ "flr", test_flr },
	{ "no flr without the capability", test_no_flr_without_the_capability },
	{ "flr that never completes", test_flr_never },
	{ "flr that kills", test_flr_kills },
	{ "sbr", test_sbr },
	{ "sbr without effect", test_sbr_without_effect },
	{ "slot power", test_slot_power },
	{ "not ready as all-ones", test_not_ready_as_ones },
	{ "not ready ignores writes", test_not_ready_ignores_writes },
	{ "hang: what reads give", test_hang_reads },
	{ "hang: which reset clears it", test_hang_levels },
	{ "system reset", test_system_reset },
	{ "firmware boot progress", test_boot_progress },
	{ "WPR2 cleared by a reset", test_wpr2 },
	{ "firmware boot by generation", test_boot_by_generation },
	{ "canary", test_canary },
	{ "bars by model", test_bars_by_model },
	{ "xHCI handoff", test_xhci_handoff },
	{ "config mirror of Hopper", test_config_mirror_of_hopper },
	{ "faults: which reset clears them", test_fault_levels },
	{ "faults: what reads give", test_fault_reads },
	{ "faults: which chips have them", test_fault_is_for_chips_that_have_it },
	{ "BAR firewall", test_firewall },
	{ "chip kept by a reset", test_chip_kept },
	{ "gh200: a bus reset is the end", test_gh200 },
	{ "verdict", test_verdict },
	{ "audio function that hides", test_hda_off },
	{ "link width", test_link_width },
	{ "link speed", test_link_speed },
	{ "link dead", test_link_dead },
	{ "slot", test_slot },
	{ "on the root bus", test_integrated },
	{ "resizable BAR", test_resizable_bar },
	{ "config that a reset loses", test_config_lost_in_a_reset },
	{ "ATS and PASID", test_translation },
	{ "d3cold", test_d3cold },
	{ "storm", test_storm },
	{ "soil", test_soil },
	{ "ready-ago", test_ready_ago },
	{ "completion timeout", test_completion_timeout },
	{ "scramble", test_scramble },
	{ "finite", test_finite },
	{ "control protocol", test_control },
	{ "control: power, heal, healthy", test_control_power_and_heal },
};

int main(void)
{
	unsigned int failures = 0;

	printf("1..%zu\n", ARRAY_SIZE(tests));
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++) {
		card_init(&p40, "p40a", card_model_find("p40"));
		card_init(&rtx3080, "r3080", card_model_find("rtx3080"));
		p40.next = &rtx3080;
		rtx3080.next = NULL;
		now = 1000 * MS;
		failed = false;
		tests[i].run();
		failures += failed;
		printf("%s %zu - %s\n", failed ? "not ok" : "ok", i + 1, tests[i].name);
	}
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
