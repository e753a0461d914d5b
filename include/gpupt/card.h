/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: A card while it is being reset
 *
 * Every function of one slot with its records. Those who ask for a reset, the user
 * (recover.h) and the kernel (answer.h), get one, and do with it what follows.
 */
#ifndef GPUPT_CARD_H
#define GPUPT_CARD_H

#include <linux/types.h>

#include "gpupt/hw_pci.h"
#include "gpupt/reset.h"

struct gpupt_device;

/* Room for gpupt_card_sign_words(), in bytes. */
#define GPUPT_SIGN_WORDS	32
/* However many rungs a card has, none is begun after so many milliseconds. */
#define GPUPT_CARD_BUDGET_MS	60000

/**
 * struct gpupt_card - a card, and the records of its functions
 * @pci: how the engine touches it; uses the snapshots of the records
 * @gpu: record of its GPU
 * @narrowed: the user asked for one rung out of those that it may use
 * @by_kernel: the kernel asks, not the user
 * @power_left: it may use slot power, but not on behalf of the kernel
 * @bus_left: the same for a bus reset
 * @record: records of its functions, by function number; NULL where there is none
 */
struct gpupt_card {
	struct gpupt_hw_pci pci;
	struct gpupt_device *gpu;
	bool narrowed;
	bool by_kernel;
	bool power_left;
	bool bus_left;
	struct gpupt_device *record[GPUPT_FUNCTIONS];
};

/**
 * gpupt_card_get() - gather a card
 * @gpu: record of its GPU, which has to outlive the card
 *
 * Context: process context.
 * Return: the card, to be put with gpupt_card_put(), or NULL without memory.
 */
struct gpupt_card *gpupt_card_get(struct gpupt_device *gpu);

/**
 * gpupt_card_put() - done with a card
 * @card: the card
 *
 * Context: process context.
 */
void gpupt_card_put(struct gpupt_card *card);

/**
 * gpupt_card_ladder() - rungs that a card may use
 * @card: the card
 * @ladder: GPUPT_LADDER_LEN entries, filled
 *
 * Context: process context.
 * Return: number of rungs.
 */
unsigned int gpupt_card_ladder(struct gpupt_card *card, u8 *ladder);

/**
 * gpupt_card_rungs() - the same for the card of a GPU
 * @gdev: record of the GPU
 * @ladder: GPUPT_LADDER_LEN entries, filled
 *
 * Context: process context.
 * Return: number of rungs, 0 also without memory.
 */
unsigned int gpupt_card_rungs(struct gpupt_device *gdev, u8 *ladder);

/**
 * gpupt_card_lock_idle() - take the GPU, if no function of the card is in use
 * @card: the card; its GPU is then borrowed, see struct gpupt_hw_pci
 * @patience_ms: for how long to try for locks that others have
 *
 * Wakes the GPU. Says in the log who is in the way.
 *
 * Context: process context, no device lock of the card held.
 * Return: 0, and gpupt_card_unlock() undoes it; -EBUSY; -ENODEV when the GPU was
 * removed.
 */
int gpupt_card_lock_idle(struct gpupt_card *card, unsigned int patience_ms);

/**
 * gpupt_card_unlock() - undo gpupt_card_lock_idle()
 * @card: the card
 *
 * Context: process context.
 */
void gpupt_card_unlock(struct gpupt_card *card);

/**
 * gpupt_card_has_vfs() - has the GPU virtual functions?
 * @card: the card
 * @refused: what it is not for that: "reset" or "claimed"
 *
 * Either would take them away from their users; says so in the log, and how to end them.
 *
 * Context: process context.
 * Return: true when it has.
 */
bool gpupt_card_has_vfs(struct gpupt_card *card, const char *refused);

/**
 * gpupt_card_request() - what to ask of the engine for a card
 * @card: the card
 * @ladder: rungs to try
 *
 * Context: any.
 * Return: the request.
 */
struct gpupt_reset_request gpupt_card_request(const struct gpupt_card *card, const u8 *ladder);

/**
 * gpupt_card_rung_begins() - a rung is about to be tried
 * @hw: gpupt_hw_pci.hw of a card
 * @rung: the rung
 *
 * Context: process context.
 */
void gpupt_card_rung_begins(struct gpupt_hw *hw, unsigned int rung);

/**
 * gpupt_card_rung_ended() - a rung was tried
 * @hw: gpupt_hw_pci.hw of a card
 * @rung: the rung
 * @result: 0 or -errno
 * @ms: how long it took, in milliseconds
 *
 * Context: process context.
 */
void gpupt_card_rung_ended(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms);

/**
 * gpupt_card_begin() - the card is being reset from now on
 * @card: the card
 *
 * With the GPU's lock held at both ends, so that nobody who gets that lock finds a
 * reset under way which is over, or has yet to begin: VFIO would be told to refuse the
 * card, and a bus reset of the kernel's would be done unverified.
 *
 * Context: process context, the GPU's device lock held.
 * Return: false when it is being reset already.
 */
bool gpupt_card_begin(struct gpupt_card *card);

/**
 * gpupt_card_end() - undo gpupt_card_begin()
 * @card: the card
 *
 * Context: process context, the GPU's device lock held.
 */
void gpupt_card_end(struct gpupt_card *card);

/**
 * gpupt_card_climb() - try the rungs that work in place
 * @card: the card, with the functions borrowed whose device lock is held
 * @ladder: rungs to try
 * @out: what became of it, for gpupt_card_settle()
 *
 * Context: process context, between gpupt_card_begin() and gpupt_card_end().
 * Return: as gpupt_reset_run().
 */
int gpupt_card_climb(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out);

/**
 * gpupt_card_sign_words() - names of signs
 * @signs: bits GPUPT_SIGN_BOOT and so on
 * @buf: filled with the words, one blank between them
 * @len: size of @buf in bytes, GPUPT_SIGN_WORDS is enough
 *
 * Context: any.
 * Return: length of the text.
 */
size_t gpupt_card_sign_words(u8 signs, char *buf, size_t len);

/**
 * gpupt_card_verify() - is the card alive at once, without a reset?
 * @card: the card
 * @out: filled, but for a rung
 *
 * Context: process context, the GPU's device lock held.
 * Return: as gpupt_verify_run().
 */
int gpupt_card_verify(struct gpupt_card *card, struct gpupt_outcome *out);

/**
 * gpupt_card_note() - write down what became of a card, in record and log
 * @gpu: record of its GPU
 * @card: how it was asked for
 * @out: what became of it
 *
 * Context: process context.
 */
void gpupt_card_note(struct gpupt_device *gpu, const struct gpupt_card *card,
		     const struct gpupt_outcome *out);

/**
 * gpupt_card_settle() - gpupt_card_note(), and fence off a card that is dead
 * @card: the card
 * @out: what became of it
 *
 * Context: process context, the GPU's device lock held.
 */
void gpupt_card_settle(struct gpupt_card *card, const struct gpupt_outcome *out);

/**
 * gpupt_card_run() - climb and settle, unless somebody else is at it
 * @card: as for gpupt_card_climb(), the GPU borrowed
 * @ladder: rungs to try
 * @out: what became of it
 *
 * Context: process context, the GPU's device lock held.
 * Return: as gpupt_reset_run(), or -EAGAIN while the card is taken off the bus.
 */
int gpupt_card_run(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out);

#endif /* GPUPT_CARD_H */
