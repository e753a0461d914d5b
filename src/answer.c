// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel is told when it wants a function, or a bus, reset.
 *
 * The kernel has the device lock of the function, or of all on the bus. Every other
 * lock is only ever tried for.
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pci.h>

#include "gpupt/answer.h"
#include "gpupt/card.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/log.h"
#include "gpupt/policy.h"
#include "gpupt/rebind.h"

/*
 * VFIO asks for a reset of each function at open and at close. Audio, USB and UCSI have
 * none of their own, as on the stock kernel: VFIO then resets the bus at the last close,
 * and QEMU does at a guest reset (VFIO_DEVICE_PCI_HOT_RESET), which reaches every
 * function. A success reported here without a reset would keep both from doing so.
 */
int gpupt_answer_probe(struct pci_dev *pdev)
{
	return gpupt_device_is_gpu(pdev) ? 0 : -ENOTTY;
}

/* Would the kernel's own methods, tried when we decline, do no harm to the card? */
static bool kernel_may_try(struct gpupt_card *card)
{
	return !card->gpu->model->flr_doubted && !pci_num_vf(card->gpu->pdev);
}

/*
 * Fills @ladder with the rungs that the kernel's wish is reason enough for. Return: false
 * when it would have others, but none of those that work in place.
 */
static bool find_rungs(struct gpupt_card *card, u8 *ladder)
{
	const struct gpupt_model *model = card->gpu->model;

	gpupt_card_ladder(card, ladder);
	card->power_left = gpupt_policy_has(ladder, GPUPT_RUNG_SLOT_POWER);
	card->bus_left = model->bus_by_hand && gpupt_policy_has(ladder, GPUPT_RUNG_BUS);
	gpupt_policy_unasked(model, ladder);
	return !card->bus_left || gpupt_policy_has(ladder, GPUPT_RUNG_FLR);
}

static bool fn_is_open(const struct gpupt_hw_pci_fn *f)
{
	return f->pdev && gpupt_hw_pci_is_open(f->pdev, f->idle_enables);
}

/*
 * Is there nothing of the card to hand out? Registers tell that of a card that has shown
 * them, and those that read as no value at all of one whose kind is known; not of one that
 * hides them for a reason of its own.
 */
static bool is_lost(struct gpupt_card *card, const struct gpupt_outcome *out, bool known)
{
	struct gpupt_hw *hw = &card->pci.hw;

	if (!gpupt_hw_fn_answers(hw, hw->gpu))
		return true;
	if (!out->rung || out->registers)
		return false;
	if (!hw->ops->own_bars(hw, hw->gpu))
		return true;
	return known ? out->wrong : out->mute && !card->gpu->model->by_capability;
}

static bool answers_bus_resets;

void gpupt_answer_buses(bool answered)
{
	answers_bus_resets = answered;
}

/*
 * Can who has opened the GPU reset the bus? It has to own every function, and the kernel has to
 * be willing (VFIO_DEVICE_PCI_HOT_RESET, vfio_pci_dev_set_resettable()).
 */
static bool client_has_bus(struct gpupt_card *card)
{
	struct pci_dev *gpu = card->gpu->pdev;
	bool companions = false;
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		const struct gpupt_hw_pci_fn *f = &card->pci.fn[fn];

		if (!f->pdev || f->pdev == gpu)
			continue;
		companions = true;
		if (fn_is_open(f) || f->pdev->dev.iommu_group != gpu->dev.iommu_group ||
		    READ_ONCE(f->pdev->dev.driver) != gpu->dev.driver)
			return false;
	}
	return companions && (!pci_probe_reset_slot(gpu->slot) || !pci_probe_reset_bus(gpu->bus));
}

/*
 * Has vfio-pci just opened a GPU without FLR, that is as the last close left it? QEMU resets the
 * bus when a machine starts and at a guest reset, and vfio-pci does after the last close,
 * unless they are told of another reset (VFIO_DEVICE_FLAGS_RESET): the start would have
 * two. A client that cannot has no reset of such a card on the stock kernel either.
 */
static bool is_left_to_client(struct gpupt_card *card, const u8 *ladder)
{
	struct gpupt_device *gpu = card->gpu;
	struct gpupt_outcome out;
	char driver[GPUPT_DRIVER_LEN];

	if (!answers_bus_resets || gpupt_policy_has(ladder, GPUPT_RUNG_FLR) ||
	    gpu->model->flr_doubted || test_bit(GPUPT_DEVICE_USED, &gpu->flags) ||
	    gpupt_device_status(gpu).last.result)
		return false;
	if (!fn_is_open(&card->pci.fn[card->pci.hw.gpu]) ||
	    !gpupt_hw_pci_driver(gpu->pdev, driver, sizeof(driver)) || !client_has_bus(card))
		return false;
	return !gpupt_card_verify(card, &out) && out.boot0 && !out.missed;
}

static int reset_gpu(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	bool left;

	if (gpupt_card_has_vfs(card, "reset"))
		return -EBUSY;
	/* It may be about to be taken off the bus. */
	if (!gpupt_card_begin(card))
		return -EAGAIN;
	left = is_left_to_client(card, ladder);
	gpupt_card_end(card);
	if (left) {
		gpupt_dbg(card->gpu->pdev, "alive; its bus is the client's to reset\n");
		return -EBUSY;
	}
	return gpupt_card_run(card, ladder, out);
}

/* The card is somebody's, until it is reset with no function open. */
static void note_use(struct gpupt_card *card)
{
	if (fn_is_open(&card->pci.fn[card->pci.hw.gpu]))
		set_bit(GPUPT_DEVICE_USED, &card->gpu->flags);
}

static bool is_idle(struct gpupt_card *card)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (fn_is_open(&card->pci.fn[fn]))
			return false;
	return true;
}

static int answer(struct gpupt_device *gpu)
{
	bool known = gpupt_device_status(gpu).boot0;
	struct gpupt_outcome out = {};
	u8 ladder[GPUPT_LADDER_LEN];
	int ret = -EOPNOTSUPP;
	bool ours, clean;
	struct gpupt_card *card = gpupt_card_get(gpu);

	if (!card)
		return -ENOMEM;
	card->by_kernel = true;
	card->pci.borrowed = BIT(card->pci.hw.gpu);
	ours = find_rungs(card, ladder);
	if (ours && ladder[0])
		ret = reset_gpu(card, ladder, &out);
	clean = !ret && out.rung != GPUPT_RUNG_FLR && fn_is_open(&card->pci.fn[card->pci.hw.gpu]);
	gpupt_device_set_clean(gpu, clean);
	note_use(card);
	/*
	 * -EAGAIN is what makes vfio-pci refuse to open a dead card. One whose registers
	 * answer, and only firmware is in doubt, is the user's to decide about: the
	 * kernel reports the failed reset, and hands it out. Nor is the kernel kept from
	 * the bus reset that it would do without us.
	 */
	if (ret && ours && is_lost(card, &out, known))
		ret = -EAGAIN;
	else if ((ret == -EBUSY || ret == -EOPNOTSUPP) && kernel_may_try(card))
		ret = -ENOTTY;
	gpupt_card_put(card);
	return ret;
}

int gpupt_answer_reset(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;
	int ret;

	device_lock_assert(&pdev->dev);

	if (!gpupt_device_is_gpu(pdev))
		return -ENOTTY;
	gdev = gpupt_device_find(pdev);
	if (!gdev)
		return -ENOTTY;
	ret = answer(gdev);
	gpupt_device_put(gdev);
	return ret;
}

/* Locks of the functions that the caller has: those of the whole bus, or none. */
static u8 functions_of_caller(const struct gpupt_card *card)
{
	unsigned int fn;
	u8 mine = 0;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (card->pci.fn[fn].pdev &&
		    gpupt_device_lock_is_mine(&card->pci.fn[fn].pdev->dev))
			mine |= BIT(fn);
	return mine;
}

/*
 * vfio-pci resets each function that it closes, and then the bus if a function had no
 * reset. Between the two nothing has had the card if the task is the same and no function
 * is open, so that the second needs no more than a look.
 */
static bool is_clean(struct gpupt_card *card)
{
	bool clean = gpupt_device_is_clean(card->gpu);
	struct gpupt_outcome out;

	/* Once. */
	gpupt_device_set_clean(card->gpu, false);
	return clean && is_idle(card) && !gpupt_card_verify(card, &out);
}

static bool answer_bus_reset(struct gpupt_device *gpu)
{
	static const u8 ladder[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS };
	u8 allowed[GPUPT_LADDER_LEN];
	struct gpupt_outcome out = {};
	struct gpupt_card *card = gpupt_card_get(gpu);
	bool done = false;

	if (!card)
		return false;
	gpupt_card_ladder(card, allowed);
	card->pci.borrowed = functions_of_caller(card);
	/*
	 * The kernel's own method "bus" has called pci_dev_reset_iommu_prepare(), which does
	 * not nest on 7.0; hot reset and error recovery have not. Either stays as it is.
	 */
	card->pci.iommu_by_caller = true;
	card->narrowed = true;
	card->by_kernel = true;
	/* A bus reset ends virtual functions; their users are the kernel's to think of. */
	if (card->pci.borrowed == card->pci.hw.present && !pci_num_vf(gpu->pdev) &&
	    !gpupt_policy_single(allowed, GPUPT_RUNG_BUS)) {
		done = is_clean(card);
		if (!done) {
			gpupt_card_run(card, ladder, &out);
			done = out.rung;
		}
		if (done && !out.result && is_idle(card))
			clear_bit(GPUPT_DEVICE_USED, &gpu->flags);
	}
	gpupt_card_put(card);
	return done;
}

bool gpupt_answer_bus_reset(struct pci_dev *port)
{
	struct gpupt_device *gdev = NULL;
	bool done = false;

	while (!done && (gdev = gpupt_device_next(gdev)))
		if (gdev->model && pci_upstream_bridge(gdev->pdev) == port) {
			gpupt_device_notice_bypass(gdev);
			done = answer_bus_reset(gdev);
			break;
		}
	if (gdev)
		gpupt_device_put(gdev);
	return done;
}
