/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An NVIDIA card as the PCI bus sees it: config space, BAR 0 registers, what
 * each kind of reset clears, and the ways in which the card can fail.
 *
 * Plain C without QEMU. The caller owns the bus, the link and the clock: it
 * hands in the time (microseconds, any origin) and tells the card of resets.
 * README.md beside this file has the register map and the control protocol.
 */
#ifndef GPUPT_TEST_MODEL_H
#define GPUPT_TEST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CARD_FUNCTIONS	4
#define CARD_BARS	7	/* six BARs, then the expansion ROM */
#define CARD_ROM	6
#define CARD_REGS	8
#define CONFIG_BYTES	4096
#define CONFIG_DWORDS	(CONFIG_BYTES / 4)

/* Resets, weakest first. A fault is cleared by its level and all above it. */
enum level {
	LEVEL_FLR,
	LEVEL_SBR,
	LEVEL_POWER,
	LEVEL_NEVER,
};

enum hang {
	HANG_NONE,
	HANG_CONFIG,	/* config space and BARs of every function: all-ones */
	HANG_BAR,	/* config space works, BARs: all-ones */
	HANG_BADF,	/* config space works, BAR 0 of the GPU: 0xbadf.... */
};

/* Faults that can come together, unlike hangs. */
enum fault {
	FAULT_WPR2,		/* WPR2 stays up */
	FAULT_SEC,		/* BAR 0 of the GPU: 0xbadf0200 */
	FAULT_FIREWALL,		/* the BAR firewall stays up */
	FAULT_BOOT,		/* firmware does not finish its boot */
	FAULT_CHIP_KEPT,	/* a reset leaves the registers of BAR 0 alone */
	FAULT_LINK,		/* the link does not come up */
	FAULTS,
};

enum flr_mode {
	FLR_NORMAL,
	FLR_NEVER,	/* the function never becomes ready again */
	FLR_KILLS,	/* the card falls off the bus */
};

enum bar_kind {
	BAR_NONE,
	BAR_MEM32,
	BAR_MEM64_PREF,
	BAR_IO,
	BAR_ROM,
};

struct bar {
	enum bar_kind kind;
	uint64_t bytes;
};

/* One dword of config space; what is not listed reads 0 and ignores writes. */
struct config_row {
	uint16_t offset;
	uint32_t reset;
	uint32_t rw;
	uint32_t w1c;
	uint32_t keep;	/* bits that an FLR leaves alone */
};

struct register_row {
	uint32_t offset;
	uint32_t rw;
	uint32_t posted;	/* or'ed in once the card has been POSTed */
};

struct function_model {
	uint32_t id;		/* device, vendor */
	uint32_t subsystem;
	uint32_t class;		/* class code, revision */
	bool flr;
	const struct config_row *capabilities;
	const struct config_row *extended;
	struct bar bars[CARD_BARS];
};

/* Who makes the chip usable after a reset. */
enum boot {
	BOOT_HOST,	/* nobody: the host's firmware or a driver POSTs it */
	BOOT_GFW,	/* its own firmware (Turing to Ada) */
	BOOT_FSP,	/* its own firmware, with another progress register (Hopper on) */
};

struct chip {
	enum boot boot;
	uint32_t fsp_reg;	/* BOOT_FSP: progress in BAR 0 */
	uint32_t wpr2_reg;	/* 0: no WPR2 */
	uint16_t firewall;	/* config dword that shows the BAR firewall, 0: none */
	uint32_t config_mirror;	/* config space of function 0 in BAR 0 */
	const struct register_row *registers;
};

struct card_model {
	const char *name;
	const struct chip *chip;
	uint32_t boot0;
	uint32_t boot42;	/* 0: follows from boot0 */
	unsigned int functions;
	bool sbr_kills;		/* a bus reset takes it off the bus until power is cut */
	struct function_model function[CARD_FUNCTIONS];
};

struct function {
	uint32_t value[CONFIG_DWORDS];
	uint32_t reset[CONFIG_DWORDS];
	uint32_t rw[CONFIG_DWORDS];
	uint32_t w1c[CONFIG_DWORDS];
	uint32_t keep[CONFIG_DWORDS];
	struct bar bars[CARD_BARS];
	unsigned int pm, express;	/* offsets of the capabilities */
	unsigned int rebar;		/* that of BAR 1, 0: it cannot be resized */
	uint64_t ready_us;		/* config space answers from then on */
	bool soiled;			/* not of function 0, which has a register for it */
};

/* What reads give instead of what is there: chosen by a seed, and the same for the same seed. */
struct scramble {
	bool on;
	enum level level;
	uint32_t after;		/* reads of config space until it begins */
	uint32_t ones;		/* further reads that give all-ones, and nothing else is wrong */
	uint32_t mask[CARD_FUNCTIONS][CONFIG_DWORDS];	/* of the bits that are */
	uint32_t bits[CARD_FUNCTIONS][CONFIG_DWORDS];
	bool registers;		/* those of BAR 0 that are looked at to see whether a card is alive */
	uint32_t boot0, progress, wpr2;
};

/* What is counted: resets, by their level, and what became of reads of BARs. */
enum count {
	COUNT_CTO = LEVEL_NEVER,	/* Completion Timeouts that were logged, and not masked */
	COUNT_BAR0_LOST,		/* reads of BAR 0 of the GPU without a completion */
	COUNT_STORM,		/* bus resets in which the port logged errors */
	COUNTS,
};

struct card {
	struct card *next;
	const char *name;
	const struct card_model *model;
	struct function function[CARD_FUNCTIONS];
	uint32_t registers[CARD_REGS];
	uint64_t booted_us;	/* firmware has finished from then on */
	uint64_t firewall_us;	/* the BAR firewall is down from then on */
	uint64_t link_us;	/* when the link came up */
	uint64_t mended_us;	/* when a control command took away what kept it from being ready */
	bool was_reset;		/* since the machine started */
	bool powered;
	bool link;
	unsigned int port_width;	/* what both ends can do */
	unsigned int link_width;
	unsigned int link_speed;

	enum hang hang;
	enum level hang_level;
	bool fault[FAULTS];
	enum level fault_level[FAULTS];
	enum flr_mode flr_mode;
	bool sbr_ignored;
	bool hda_off;
	bool storm;		/* the port logs errors in each bus reset */
	bool cto;		/* the root port logs reads of BARs that are not completed */
	bool d3cold_lose;	/* power is lost when the port goes to D3hot */
	bool lost;		/* and this is what happened */
	bool pulled;		/* not in its slot */
	bool not_ready_ones;
	unsigned int width_next;	/* lanes after the next reset, 0: all */
	bool width_keep;
	struct scramble scramble;
	unsigned int speed_limit;	/* trains no faster than this, 0: any */
	uint32_t flr_ready_ms;
	uint32_t sbr_ready_ms;
	uint32_t firewall_ms;
	int32_t boot_ms;

	unsigned int count[COUNTS];	/* by enum level, then by enum count */
	unsigned int elsewhere;	/* mask of functions that are another device's */

	void (*event)(const struct card *card, const char *what);
	/* A read timed out in the root port above. True: that logged it, and does not mask it. */
	bool (*timed_out)(const struct card *card);
};

const struct card_model *card_model_find(const char *name);

/* The card as the machine is switched on: healthy, POSTed, link up. */
void card_init(struct card *card, const char *name, const struct card_model *model);
/* Another size for the BAR of video memory, a power of two; before the card is used. */
void card_set_bar1(struct card *card, uint64_t bytes);
/* On the root bus, without a port above: an endpoint of the root complex. */
void card_set_integrated(struct card *card);

/* This function is not emulated here, and never at fault. */
void card_set_elsewhere(struct card *card, unsigned int fn);

/* @rrs_visible: the port above shows RRS completions as vendor ID 0x0001. */
uint32_t card_config_read(struct card *card, unsigned int fn, unsigned int offset,
			  unsigned int bytes, bool rrs_visible, uint64_t now_us);
void card_config_write(struct card *card, unsigned int fn, unsigned int offset,
		       uint32_t value, unsigned int bytes, uint64_t now_us);
uint64_t card_bar_read(struct card *card, unsigned int fn, unsigned int bar,
		       uint64_t offset, unsigned int bytes, uint64_t now_us);
void card_bar_write(struct card *card, unsigned int fn, unsigned int bar, uint64_t offset,
		    uint64_t value, unsigned int bytes, uint64_t now_us);

/* A read of what no BAR claims, in the windows of the port above. */
void card_read_unclaimed(struct card *card);

/* Secondary bus reset by the port above: asserted, then released. */
void card_sbr(struct card *card, bool asserted, uint64_t now_us);
void card_power(struct card *card, bool on, uint64_t now_us);
void card_system_reset(struct card *card);
/* The port above goes to D3hot, where a platform may cut the card's power. */
void card_port_d3(struct card *card);

/* Nothing at the other end of the link, whatever the port does. */
bool card_link_dead(const struct card *card);
/* Nothing keeps the link from coming up, at any speed. */
bool card_link_sound(const struct card *card);
/*
 * The port trains the link, to at most @width lanes and @speed: from scratch
 * when it is down, else as a retraining. False: there is no link.
 */
bool card_train(struct card *card, unsigned int width, unsigned int speed);
/* Without a link every access to the card reads all-ones. */
void card_link(struct card *card, bool up, uint64_t now_us);

/*
 * Run one line of the control protocol for the cards of the list and write
 * the reply, without a newline, to @reply.
 */
void card_control(struct card *cards, const char *line, char *reply, size_t size,
		  uint64_t now_us);

#endif
