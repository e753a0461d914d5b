/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Verification
 *
 * The one place that says a card is alive. In this order, each step only when
 * the one before held: the link is up, every function of the card answers with
 * its own identity and has its BARs, the firewall over BAR0 is down, PMC_BOOT_0 is
 * this card's. Then its signs are looked at: its firmware has booted, no firmware of
 * a former driver survived, the mark that was left before the reset is gone.
 */
#ifndef GPUPT_VERIFY_H
#define GPUPT_VERIFY_H

#include <linux/types.h>

struct gpupt_hw;
struct gpupt_model;

/*
 * Signs, which count against a card once it has shown them: the firmware has booted; WPR2 is
 * down; a mark is wiped out by a reset.
 */
#define GPUPT_SIGN_BOOT		0x1
#define GPUPT_SIGN_WPR2		0x2
#define GPUPT_SIGN_MARK		0x4
#define GPUPT_SIGNS		3
/* Not a sign, but learnt like one: PMC_BOOT_0 was right within gpupt_model.bar0_ms. */
#define GPUPT_SHOWN_PROMPT	0x80

/**
 * struct gpupt_verify - what a card has to show, and what it showed
 * @model: its row
 * @expect: PMC_BOOT_0 of this card as verified before, or 0 when not known
 * @deadline: gpupt_hw_ops.now_ms() by which it has to have shown it, besides the
 *	time-outs of @model
 * @last: no other rung follows, so that what is slow is waited for
 * @config_only: BAR0 is not to be touched
 * @trusted: signs that this card has shown after such a reset before
 * @vain: signs that it was waited for in vain
 * @mark: what gpupt_verify_mark() writes; 0 for none
 * @marked: gpupt_verify_mark() left a mark
 * @boot0: PMC_BOOT_0 as last read, 0 before
 * @link: Link Status of the port as last read, 0 when it has none
 * @registers: PMC_BOOT_0 is this card's, or config space is and @config_only is set
 * @wrong: PMC_BOOT_0 was read and is not, or cannot be read behind a firewall
 * @mute: the same, and it is no value of any card
 * @sec_fault: the card locked itself up: only power helps
 * @advisory: nothing but signs is against the card
 * @shown: signs that it showed
 * @missed: signs that it did not show
 * @unread: signs whose registers could not be read
 */
struct gpupt_verify {
	const struct gpupt_model *model;
	u32 expect;
	u64 deadline;
	bool last;
	bool config_only;
	u8 trusted;
	u8 vain;
	u32 mark;
	bool marked;
	u32 boot0;
	u16 link;
	bool registers;
	bool wrong;
	bool mute;
	bool sec_fault;
	bool advisory;
	u8 shown;
	u8 missed;
	u8 unread;
};

/**
 * gpupt_verify_mark() - leave a mark in the card that a reset wipes out
 * @hw: the card, whose GPU function was quiesced and has its own BARs
 * @verify: @marked is set when it could be left
 *
 * Only on a card with a link whose PMC_BOOT_0 is right, and none where the model
 * knows no register for it or @verify says so. COMMAND is as before.
 *
 * Context: as the operations of @hw.
 */
void gpupt_verify_mark(struct gpupt_hw *hw, struct gpupt_verify *verify);

/**
 * gpupt_verify_run() - is the card alive?
 * @hw: the card, whose GPU function has the BARs that the kernel assigned
 * @verify: what it has to show
 *
 * Waits as long as @verify allows. Leaves bus mastering of the GPU off, and
 * memory decoding as it was.
 *
 * Context: as the operations of @hw.
 * Return: 0, -ENODEV (no link, or a function does not answer), -ETIMEDOUT
 * (firmware or firewall not done), -EIO (answers, but BARs or registers are wrong).
 */
int gpupt_verify_run(struct gpupt_hw *hw, struct gpupt_verify *verify);

#endif /* GPUPT_VERIFY_H */
