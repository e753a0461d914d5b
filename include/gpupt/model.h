/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The model table
 *
 * One const row per GPU family or chip range says in which order the rungs of
 * the reset ladder are tried, how the card shows that it is ready, and how
 * long it may take. PCI device IDs of GPUs stand nowhere else.
 */
#ifndef GPUPT_MODEL_H
#define GPUPT_MODEL_H

#include <linux/types.h>

/**
 * enum gpupt_rung - one way to reset a card
 * @GPUPT_RUNG_NONE: terminates a list of rungs
 * @GPUPT_RUNG_FLR: PCI Express function level reset of the GPU function
 * @GPUPT_RUNG_BUS: secondary bus reset by the port above the card
 * @GPUPT_RUNG_COUNT: number of values, no rung
 */
enum gpupt_rung {
	GPUPT_RUNG_NONE,
	GPUPT_RUNG_FLR,
	GPUPT_RUNG_BUS,
	GPUPT_RUNG_COUNT,
};

/* A ladder names each rung at most once, and ends with GPUPT_RUNG_NONE. */
#define GPUPT_LADDER_LEN	GPUPT_RUNG_COUNT

/**
 * enum gpupt_ready - what, besides PMC_BOOT_0, shows that a card is ready
 * @GPUPT_READY_BOOT0: nothing: before Turing no firmware runs by itself
 * @GPUPT_READY_GFW: firmware boot progress of Turing to Ada
 */
enum gpupt_ready {
	GPUPT_READY_BOOT0,
	GPUPT_READY_GFW,
};

/**
 * struct gpupt_model - how one family of GPUs is reset
 * @family: name as the ``gpupt/family`` attribute shows it
 * @device_first: first PCI device ID of the range
 * @device_last: last PCI device ID of the range, inclusive
 * @arch: PMC_BOOT_0 bits 28:24, or 0 when any is accepted
 * @ready: what shows that the card is ready
 * @ladder: rungs in the order they are tried
 * @config_ms: longest wait for config space after a reset, in milliseconds
 * @bar0_ms: longest wait for PMC_BOOT_0 after that, in milliseconds
 * @boot_ms: longest wait for @ready after that, in milliseconds
 */
struct gpupt_model {
	const char *family;
	u16 device_first;
	u16 device_last;
	u8 arch;
	enum gpupt_ready ready;
	u8 ladder[GPUPT_LADDER_LEN];
	u16 config_ms;
	u16 bar0_ms;
	u16 boot_ms;
};

/**
 * gpupt_model_find() - row of a GPU
 * @device: PCI device ID of a function whose vendor and class were checked
 *
 * Context: any.
 * Return: the row that covers @device, or gpupt_model_unknown(). Never NULL.
 */
const struct gpupt_model *gpupt_model_find(u16 device);

/**
 * gpupt_model_unknown() - row for a GPU that the table does not know
 *
 * Context: any.
 * Return: the row whose rungs depend only on what the card's capabilities say.
 */
const struct gpupt_model *gpupt_model_unknown(void);

/**
 * gpupt_model_row() - row by position, for the tests of the table
 * @index: 0 for the first row
 *
 * Context: any.
 * Return: the row, or NULL past the last one.
 */
const struct gpupt_model *gpupt_model_row(unsigned int index);

/**
 * gpupt_model_knows_boot0() - may this be PMC_BOOT_0 of such a card?
 * @model: row of the card
 * @boot0: value read at BAR0 offset 0
 *
 * Context: any.
 * Return: false for all-ones, zero, an error pattern or another architecture.
 */
bool gpupt_model_knows_boot0(const struct gpupt_model *model, u32 boot0);

/**
 * gpupt_rung_name() - word for a rung, as users read and write it
 * @rung: one of enum gpupt_rung
 *
 * Context: any.
 * Return: the word; ``none`` for GPUPT_RUNG_NONE and for values out of range.
 */
const char *gpupt_rung_name(unsigned int rung);

/**
 * gpupt_rung_parse() - rung by its word
 * @word: text, a trailing newline is ignored
 *
 * Context: any.
 * Return: the rung, or GPUPT_RUNG_NONE when @word names none.
 */
enum gpupt_rung gpupt_rung_parse(const char *word);

#endif /* GPUPT_MODEL_H */
