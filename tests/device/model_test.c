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

static struct card p40, rtx3080;
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

/* As the host's firmware and kernel leave the card. */
static void set_up(struct card *card)
{
	for (unsigned int fn = 0; fn < card->model->functions; fn++) {
		set_config(card, fn, 0x10, 0xfb000000 + (fn << 20));
		card_config_write(card, fn, 0x04, 0x0547, 2, now);
	}
}

static void flr(struct card *card, unsigned int fn)
{
	uint16_t control = card_config_read(card, fn, 0x80, 2, true, now);

	card_config_write(card, fn, 0x80, control | 0x8000, 2, now);
}

static void bus_reset(struct card *card)
{
	card_link(card, false);
	card_sbr(card, true, now);
	expect(config(card, 0, 0), ONES);
	now += 2 * MS;
	card_sbr(card, false, now);
	expect(config(card, 0, 0), ONES);
	card_link(card, true);
}

static void slot_power_cycle(struct card *card)
{
	card_link(card, false);
	card_power(card, false, now);
	expect(config(card, 0, 0), ONES);
	now += 1000 * MS;
	card_power(card, true, now);
	card_link(card, true);
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

/* Each list must end, and visit only offsets that have a capability. */
static void test_capability_lists(void)
{
	static const struct {
		struct card *card;
		unsigned int fn, caps, extended;
	} cases[] = {
		{ &p40, 0, 3, 5 },
		{ &rtx3080, 0, 4, 8 },
		{ &rtx3080, 1, 3, 2 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		unsigned int at, caps = 0, extended = 0;

		for (at = config(cases[i].card, cases[i].fn, 0x34); at && caps < 48; caps++) {
			expect((config(cases[i].card, cases[i].fn, at) & 0xff) != 0, true);
			at = config(cases[i].card, cases[i].fn, at) >> 8 & 0xff;
		}
		for (at = 0x100; at && extended < 48; extended++) {
			expect((config(cases[i].card, cases[i].fn, at) & 0xffff) != 0, true);
			at = config(cases[i].card, cases[i].fn, at) >> 20;
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
	card_link(&p40, false);
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
	bus_reset(&p40);
	control("p40a state", "ok not-ready 0");
	control("p40a count sbr", "ok 1");
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
		now = 1000 * MS;
		failed = false;
		tests[i].run();
		failures += failed;
		printf("%s %zu - %s\n", failed ? "not ok" : "ok", i + 1, tests[i].name);
	}
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
