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
	uint32_t reset;
	uint32_t rw;
	uint32_t posted;	/* or'ed in once the card has been POSTed */
};

struct function_model {
	const struct config_row *rows;
	struct bar bars[CARD_BARS];
};

struct card_model {
	const char *name;
	unsigned int functions;
	bool gfw;	/* firmware boots by itself after a reset (Turing on) */
	const struct register_row *registers;
	struct function_model function[CARD_FUNCTIONS];
};

struct function {
	uint32_t value[CONFIG_DWORDS];
	uint32_t reset[CONFIG_DWORDS];
	uint32_t rw[CONFIG_DWORDS];
	uint32_t w1c[CONFIG_DWORDS];
	uint32_t keep[CONFIG_DWORDS];
	struct bar bars[CARD_BARS];
	uint64_t ready_us;	/* config space answers from then on */
};

struct card {
	struct card *next;
	const char *name;
	const struct card_model *model;
	struct function function[CARD_FUNCTIONS];
	uint32_t registers[CARD_REGS];
	uint64_t booted_us;	/* firmware has finished from then on */
	bool powered;
	bool link;

	enum hang hang;
	enum level hang_level;
	enum flr_mode flr_mode;
	bool sbr_ignored;
	bool not_ready_ones;
	uint32_t flr_ready_ms;
	uint32_t sbr_ready_ms;
	int32_t boot_ms;

	unsigned int count[LEVEL_NEVER];	/* resets seen, by level */

	void (*event)(const struct card *card, const char *what);
};

const struct card_model *card_model_find(const char *name);

/* The card as the machine is switched on: healthy, POSTed, link up. */
void card_init(struct card *card, const char *name, const struct card_model *model);
/* Another size for BAR 1 of function 0, a power of two; before the card is used. */
void card_set_bar1(struct card *card, uint64_t bytes);

/* @rrs_visible: the port above shows RRS completions as vendor ID 0x0001. */
uint32_t card_config_read(const struct card *card, unsigned int fn, unsigned int offset,
			  unsigned int bytes, bool rrs_visible, uint64_t now_us);
void card_config_write(struct card *card, unsigned int fn, unsigned int offset,
		       uint32_t value, unsigned int bytes, uint64_t now_us);
uint64_t card_bar_read(const struct card *card, unsigned int fn, unsigned int bar,
		       uint64_t offset, unsigned int bytes, uint64_t now_us);
void card_bar_write(struct card *card, unsigned int fn, unsigned int bar, uint64_t offset,
		    uint64_t value, unsigned int bytes, uint64_t now_us);

/* Secondary bus reset by the port above: asserted, then released. */
void card_sbr(struct card *card, bool asserted, uint64_t now_us);
void card_power(struct card *card, bool on, uint64_t now_us);
void card_system_reset(struct card *card);
/* Without a link every access to the card reads all-ones. */
void card_link(struct card *card, bool up);

/*
 * Run one line of the control protocol for the cards of the list and write
 * the reply, without a newline, to @reply.
 */
void card_control(struct card *cards, const char *line, char *reply, size_t size,
		  uint64_t now_us);

#endif
