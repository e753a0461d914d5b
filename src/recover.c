// SPDX-License-Identifier: GPL-2.0
/*
 * The user wants a card back: the rungs that work in place with its locks held,
 * then without any those that take it off the bus.
 */
#include <linux/bitops.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "gpupt/card.h"
#include "gpupt/device.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"
#include "gpupt/policy.h"
#include "gpupt/recover.h"
#include "gpupt/replace.h"

/* Whoever finds the new functions before us may reset them; that takes so long at most. */
#define PATIENCE_MS	10000

/* Is the card that came back alive? */
static int verify_replaced(const struct gpupt_replacement *r, struct gpupt_device *gpu,
			   const struct gpupt_status *before, struct gpupt_outcome *out)
{
	struct gpupt_reset_request request;
	struct gpupt_card *card = gpupt_card_get(gpu);
	int ret;

	if (!card)
		return -ENOMEM;
	ret = gpupt_card_lock_idle(card, PATIENCE_MS);
	if (!ret) {
		ret = card->pci.hw.present == r->hw.present ? 0 : -ENODEV;
		if (!ret)
			ret = gpupt_snapshot_take(&gpu->snapshot, gpu->pdev);
		if (!ret) {
			request = gpupt_card_request(card, NULL);
			request.boot0 = before->boot0;
			request.trusted = before->trusted;
			request.trusted_flr = before->trusted_flr;
			request.vain = before->vain;
			ret = gpupt_reset_verify(&card->pci.hw, &request, out);
		}
		gpupt_card_unlock(card);
	}
	gpupt_card_put(card);
	return ret;
}

static struct gpupt_device *find_replaced(const struct gpupt_replacement *r)
{
	struct pci_dev *pdev = gpupt_replace_gpu(r);
	struct gpupt_device *gpu = pdev ? gpupt_device_find(pdev) : NULL;

	pci_dev_put(pdev);
	return gpu;
}

static int try_replacement(struct gpupt_replacement *r, unsigned int rung,
			   const struct gpupt_status *before, struct gpupt_outcome *out)
{
	struct gpupt_device *gpu;
	int ret = gpupt_replace_run(r, rung);

	if (ret)
		return ret;
	gpu = find_replaced(r);
	if (!gpu)
		return -ENODEV;
	ret = verify_replaced(r, gpu, before, out);
	gpupt_device_put(gpu);
	return ret;
}

/* Status of a card goes on over its replacement; a card that is gone has none. */
static void settle_replaced(struct gpupt_card *card, const struct gpupt_replacement *r,
			    const struct gpupt_status *before, const struct gpupt_outcome *out)
{
	struct gpupt_device *gpu = find_replaced(r);

	if (!gpu) {
		gpupt_card_note(card->gpu, card, out);
		gpupt_err(card->gpu->pdev, "it is off the bus now; it comes back when its slot is powered on again, or at a rescan of the bus\n");
		return;
	}
	spin_lock(&gpu->lock);
	/* Unless somebody has reset it since it was found. */
	if (!gpu->status.resets)
		gpu->status = *before;
	spin_unlock(&gpu->lock);
	gpupt_card_note(gpu, card, out);
	gpupt_device_put(gpu);
}

static bool is_replacement(unsigned int rung)
{
	return rung == GPUPT_RUNG_SLOT_POWER || rung == GPUPT_RUNG_RESCAN;
}

static bool has_replacement(const u8 *ladder)
{
	return gpupt_policy_has(ladder, GPUPT_RUNG_SLOT_POWER) ||
	       gpupt_policy_has(ladder, GPUPT_RUNG_RESCAN);
}

/*
 * Climbs the rungs that take the card off the bus, after those that work in place
 * ended with @out. No device lock is held.
 */
static int replace(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	struct gpupt_status before = gpupt_device_status(card->gpu);
	struct gpupt_replacement *r = kzalloc(sizeof(*r), GFP_KERNEL);
	int first_tried = out->rung ? out->result : 0;
	u64 began = ktime_get();
	u32 in_place_ms = out->ms;
	int ret = out->result;
	unsigned int i;

	if (!r) {
		gpupt_card_note(card->gpu, card, out);
		return -ENOMEM;
	}
	gpupt_replace_begin(r, &card->pci);
	for (i = 0; i < GPUPT_LADDER_LEN && ladder[i] && ret; i++) {
		u64 start = ktime_get();

		if (!is_replacement(ladder[i]) || out->ms >= GPUPT_CARD_BUDGET_MS)
			continue;
		/* Nothing but power clears a security fault. */
		if (out->sec_fault && ladder[i] != GPUPT_RUNG_SLOT_POWER)
			continue;
		gpupt_card_rung_begins(&card->pci.hw, ladder[i]);
		ret = try_replacement(r, ladder[i], &before, out);
		gpupt_card_rung_ended(&card->pci.hw, ladder[i], ret,
				      ktime_ms_delta(ktime_get(), start));
		out->rung = ladder[i];
		out->ms = in_place_ms + ktime_ms_delta(ktime_get(), began);
		first_tried = first_tried ?: ret;
	}
	gpupt_replace_end(r);

	out->result = ret ? first_tried : 0;
	out->declined = 0;
	settle_replaced(card, r, &before, out);
	kfree(r);
	return out->result;
}

static int climb_all(struct gpupt_card *card, const u8 *ladder)
{
	struct device *gpu = &card->gpu->pdev->dev;
	struct gpupt_outcome out;
	int ret;

	ret = gpupt_card_lock_idle(card, 0);
	if (ret)
		return ret;
	if (!gpupt_card_begin(card)) {
		gpupt_warn(card->gpu->pdev, "not reset: it is being reset already\n");
		gpupt_card_unlock(card);
		return -EBUSY;
	}
	card->pci.replaced_next = has_replacement(ladder);
	ret = gpupt_card_climb(card, ladder, &out);
	if (ret && ret != -ENOMEM && out.declined != -EBUSY && has_replacement(ladder)) {
		gpupt_card_unlock(card);
		ret = replace(card, ladder, &out);
		if (gpupt_lock(gpu, PATIENCE_MS)) {
			if (ret && !card->narrowed && device_is_registered(gpu) &&
			    !gpupt_hw_pci_answers(card->gpu->pdev))
				gpupt_device_fence(card->gpu);
			gpupt_card_end(card);
			device_unlock(gpu);
		} else {
			/* Somebody came in between, and hangs with it. */
			clear_bit_unlock(GPUPT_DEVICE_BUSY, &card->gpu->flags);
		}
	} else {
		if (ret != -ENOMEM)
			gpupt_card_settle(card, &out);
		gpupt_card_end(card);
		gpupt_card_unlock(card);
	}
	/* The other errors say that nothing was tried. */
	return !ret || (!out.rung && (ret == -EBUSY || ret == -ENOMEM)) ? ret : -EIO;
}

static int reset_card(struct gpupt_card *card, enum gpupt_rung rung)
{
	u8 ladder[GPUPT_LADDER_LEN];
	int ret = 0;

	if (!gpupt_card_ladder(card, ladder))
		ret = -EOPNOTSUPP;
	else if (rung)
		ret = gpupt_policy_single(ladder, rung);
	/* Without a port above it, one that is being removed has few rungs left. */
	if (ret)
		return device_is_registered(&card->gpu->pdev->dev) ? ret : -ENODEV;
	card->narrowed = rung;
	return climb_all(card, ladder);
}

/*
 * Whoever finds a function shows its files before its BARs have addresses, without
 * which it cannot be seen alive.
 */
static void wait_found(struct pci_dev *gpu)
{
	if (gpu->resource[0].parent)
		return;
	pci_lock_rescan_remove();
	pci_unlock_rescan_remove();
}

int gpupt_recover(struct gpupt_device *gdev, enum gpupt_rung rung)
{
	struct gpupt_card *card = NULL;
	int ret = -ENOMEM;

	if (test_and_set_bit_lock(GPUPT_DEVICE_ASKED, &gdev->flags)) {
		gpupt_warn(gdev->pdev, "not reset: it is being reset or claimed already\n");
		return -EBUSY;
	}
	wait_found(gdev->pdev);
	/* The new functions of a card have records of their own before its reset is over. */
	if (gpupt_replace_under_way(gdev->pdev)) {
		gpupt_warn(gdev->pdev, "not reset: it is being reset already\n");
		ret = -EBUSY;
	} else {
		card = gpupt_card_get(gdev);
	}
	if (card) {
		ret = reset_card(card, rung);
		gpupt_card_put(card);
	}
	clear_bit_unlock(GPUPT_DEVICE_ASKED, &gdev->flags);
	return ret;
}
