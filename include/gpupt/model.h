/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The model table
 *
 * One const struct gpupt_model per kind of GPU says in which order the rungs
 * of the reset ladder are tried, how the card shows that it is ready, and how
 * long it may take. Ranges of PCI device IDs point at them; IDs of GPUs stand
 * nowhere else.
 */
#ifndef GPUPT_MODEL_H
#define GPUPT_MODEL_H

#include <linux/types.h>

/**
 * enum gpupt_rung - one way to reset a card
 * @GPUPT_RUNG_NONE: terminates a list of rungs
 * @GPUPT_RUNG_FLR: PCI Express function level reset of the GPU function
 * @GPUPT_RUNG_BUS: secondary bus reset by the port above the card
 * @GPUPT_RUNG_BUS_LONG: the same, held longer, and the link trained anew
 * @GPUPT_RUNG_SLOT_POWER: the hot-plug slot turned off and on
 * @GPUPT_RUNG_RESCAN: functions removed, bus reset, and found anew
 * @GPUPT_RUNG_COUNT: number of values, no rung
 */
enum gpupt_rung {
	GPUPT_RUNG_NONE,
	GPUPT_RUNG_FLR,
	GPUPT_RUNG_BUS,
	GPUPT_RUNG_BUS_LONG,
	GPUPT_RUNG_SLOT_POWER,
	GPUPT_RUNG_RESCAN,
	GPUPT_RUNG_COUNT,
};

/* A ladder names each rung at most once, and ends with GPUPT_RUNG_NONE. */
#define GPUPT_LADDER_LEN	GPUPT_RUNG_COUNT

/**
 * enum gpupt_ready - what, besides PMC_BOOT_0, shows that a card is ready
 * @GPUPT_READY_BOOT0: nothing: before Turing no firmware runs by itself
 * @GPUPT_READY_GFW: firmware boot progress of Turing to Ada
 * @GPUPT_READY_FSP: boot progress of the FSP, from Hopper on but for Ada, or of
 *	what boots in its place
 */
enum gpupt_ready {
	GPUPT_READY_BOOT0,
	GPUPT_READY_GFW,
	GPUPT_READY_FSP,
};

/**
 * struct gpupt_model - how one kind of GPU is reset
 * @family: name as the ``gpupt/family`` attribute shows it
 * @arch_first: first architecture in PMC_BOOT_0, or 0 when any is accepted:
 *	bits 28:24, with bit 8 as bit 5
 * @arch_last: last architecture, inclusive
 * @ready: what shows that the card is ready
 * @fsp_reg: BAR0 offset of the boot progress, with GPUPT_READY_FSP
 * @wpr2_reg: BAR0 offset of a register that is zero unless firmware of a
 *	former driver survived, or 0 when none is known
 * @canary_reg: BAR0 offset of a scratch register that every reset clears, or 0
 *	when none is known
 * @ladder: rungs in the order they are tried
 * @config_ms: longest wait for config space after a reset, in milliseconds
 * @bar0_ms: time within which PMC_BOOT_0 is expected after that, in milliseconds
 * @boot_ms: longest wait for PMC_BOOT_0 and @ready after that, in milliseconds, where it is
 *	more than @bar0_ms
 * @firewall_ms: longest wait, once config space is back, for the firewall over
 *	BAR0 to drop, in milliseconds; 0 when there is none
 * @hda_enable: bit 25 of config 0x488 turns the audio function on
 * @no_bus_reset: a bus reset kills the card until it is powered off, or its port
 *	is one that nothing is known to come back from
 * @bus_by_hand: the bus is reset only when the user asks for it, since nobody has
 *	seen what comes of that
 * @flr_doubted: FLR only when the user asked for it by module parameter
 * @by_capability: nothing is known of it but what its own capabilities say
 */
struct gpupt_model {
	const char *family;
	u8 arch_first;
	u8 arch_last;
	enum gpupt_ready ready;
	u32 fsp_reg;
	u32 wpr2_reg;
	u32 canary_reg;
	u8 ladder[GPUPT_LADDER_LEN];
	u16 config_ms;
	u16 bar0_ms;
	u16 boot_ms;
	u16 firewall_ms;
	bool hda_enable;
	bool no_bus_reset;
	bool bus_by_hand;
	bool flr_doubted;
	bool by_capability;
};

/**
 * struct gpupt_model_range - PCI device IDs of one kind of GPU
 * @first: first ID of the range
 * @last: last ID of the range, inclusive
 * @model: how these GPUs are reset
 */
struct gpupt_model_range {
	u16 first;
	u16 last;
	const struct gpupt_model *model;
};

/**
 * gpupt_model_find() - model of a GPU
 * @device: PCI device ID of a function whose vendor and class were checked
 *
 * Context: any.
 * Return: the model whose range covers @device; for an ID that the table does not
 * know one of the family ``unknown``, whose rungs depend only on what the card's
 * capabilities say. Never NULL.
 */
const struct gpupt_model *gpupt_model_find(u16 device);

/**
 * gpupt_model_range() - range by position, for the tests of the table
 * @index: 0 for the first range
 *
 * Context: any.
 * Return: the range, or NULL past the last one.
 */
const struct gpupt_model_range *gpupt_model_range(unsigned int index);

/**
 * gpupt_model_knows_boot0() - may this be PMC_BOOT_0 of such a card?
 * @model: model of the card
 * @boot0: value read at BAR0 offset 0
 *
 * Context: any.
 * Return: false for all-ones, zero, an error pattern or another architecture.
 */
bool gpupt_model_knows_boot0(const struct gpupt_model *model, u32 boot0);

/**
 * gpupt_model_is_sec_fault() - is this what a card reads after a security fault?
 * @value: value read at any BAR0 offset
 *
 * No reset clears the fault, only power.
 *
 * Context: any.
 * Return: true for the two patterns of the fault.
 */
bool gpupt_model_is_sec_fault(u32 value);

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
