/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: The reset engine
 *
 * Quiesce, save, trigger, wait, restore, verify, next rung. The engine knows
 * no sysfs, no module parameter and no driver: it gets a card, a ladder and
 * the model's timings, and says what became of it.
 */
#ifndef GPUPT_RESET_H
#define GPUPT_RESET_H

#include <linux/types.h>

struct gpupt_hw;
struct gpupt_model;

/**
 * struct gpupt_outcome - what became of a reset
 * @rung: the rung that succeeded, or the last one tried; GPUPT_RUNG_NONE when
 *	none was
 * @result: what gpupt_reset_run() returned
 * @declined: error of a rung that could not be tried, -EBUSY if there was one; 0
 *	when each could
 * @ms: how long it took, in milliseconds
 * @boot0: PMC_BOOT_0 as verified, 0 unless @result is 0
 * @link: Link Status register of the port afterwards, 0 when it has none
 * @link_before: the same just before the last rung if that reset the bus, otherwise 0
 * @registers: as in struct gpupt_verify, after the last rung
 * @wrong: PMC_BOOT_0 could not be had after the last rung, or was not this card's
 * @mute: it could not, or was no value of any card
 * @shown: signs that the card showed, see struct gpupt_verify
 * @missed: signs that it did not show
 * @unread: signs whose registers could not be read
 * @advisory: nothing but signs was against the card after the last rung
 * @climbed: a further rung was tried for that reason
 * @sec_fault: the card locked itself up, so that no further rung was tried
 */
struct gpupt_outcome {
	unsigned int rung;
	int result;
	int declined;
	u32 ms;
	u32 boot0;
	u16 link;
	u16 link_before;
	bool registers;
	bool wrong;
	bool mute;
	u8 shown;
	u8 missed;
	u8 unread;
	bool advisory;
	bool climbed;
	bool sec_fault;
};

/**
 * struct gpupt_reset_observer - told of each rung as it begins and ends
 * @begin: before a rung is tried
 * @end: after it; @result is 0 only when the card was verified alive
 */
struct gpupt_reset_observer {
	void (*begin)(struct gpupt_hw *hw, unsigned int rung);
	void (*end)(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms);
};

/**
 * struct gpupt_reset_request - what is asked of the engine
 * @model: row of the card: readiness and timings
 * @ladder: rungs to try in order, ended by GPUPT_RUNG_NONE; those that remove
 *	the functions are passed over
 * @boot0: PMC_BOOT_0 of this card as verified before, or 0 when not known
 * @trusted: signs that this card has shown before, after a rung that resets all of it
 * @trusted_flr: those that it has shown after an FLR
 * @shared: another function of the card is in use
 * @vain: signs that it was waited for in vain
 * @mark: a number to mark the card with, 0 for none; no register reads so by itself
 * @config_only: BAR0 is not to be touched
 * @content: leave off after a rung that only signs are against
 * @content_flr: leave off after an FLR that completed, whatever the registers say
 * @budget_ms: no rung begins, and no wait goes on, after so many milliseconds
 * @observer: told of each rung; may be NULL
 */
struct gpupt_reset_request {
	const struct gpupt_model *model;
	const u8 *ladder;
	u32 boot0;
	u8 trusted;
	u8 trusted_flr;
	bool shared;
	u8 vain;
	u32 mark;
	bool config_only;
	bool content;
	bool content_flr;
	u32 budget_ms;
	const struct gpupt_reset_observer *observer;
};

/**
 * gpupt_reset_run() - reset a card until it is seen alive
 * @hw: the card
 * @request: how
 * @out: what became of it
 *
 * The GPU function is left with the COMMAND register it had, without bus
 * mastering; the other functions are touched only by rungs that reset the whole
 * card, and put back. A link that came back narrower than gpupt_hw.link is trained
 * once more.
 *
 * Context: process context, may sleep. The caller holds the device lock of the
 * GPU function, or of the function whose reset led here and, through
 * gpupt_hw_ops.hold(), of the others.
 * Return:
 * * 0 - a rung succeeded and the card was verified alive
 * * -EBUSY - no rung could be tried, since another function is in use
 * * -ENOMEM - nothing was reset
 * * -EOPNOTSUPP - the ladder is empty, nothing was reset
 * * -ENODEV - no rung could be tried, since nothing answers, or as below
 * * otherwise the error of the first rung that was tried: -ENODEV (does not
 *   answer), -ETIMEDOUT (never became ready), -EIO (answers, but BARs or
 *   registers are wrong)
 */
int gpupt_reset_run(struct gpupt_hw *hw, const struct gpupt_reset_request *request,
		    struct gpupt_outcome *out);

/**
 * gpupt_reset_verify() - look whether a card is alive, without a reset
 * @hw: the card
 * @request: its model, PMC_BOOT_0 and budget count
 * @out: result, time, PMC_BOOT_0 and link are filled in
 *
 * Context: as gpupt_reset_run().
 * Return: as gpupt_verify_run().
 */
int gpupt_reset_verify(struct gpupt_hw *hw, const struct gpupt_reset_request *request,
		       struct gpupt_outcome *out);

#endif /* GPUPT_RESET_H */
