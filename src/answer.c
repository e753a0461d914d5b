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

int gpupt_answer_probe(struct pci_dev *pdev)
{
	return gpupt_device_is_ours(pdev) ? 0 : -ENOTTY;
}

/*
 * @pdev is another function than the GPU. One that answers is left alone, unless a
 * reset is owed; otherwise the card is reset, if the GPU is idle.
 */
static int answer_companion(struct gpupt_card *card, struct pci_dev *pdev, const u8 *ladder,
			    struct gpupt_outcome *out)
{
	bool answers = gpupt_hw_fn_answers(&card->pci.hw, PCI_FUNC(pdev->devfn));
	struct pci_dev *gpu = card->gpu->pdev;
	char words[GPUPT_USER_WORDS];
	int ret = -EBUSY;

	if (answers && !test_bit(GPUPT_DEVICE_OWED, &card->gpu->flags))
		return 0;
	if (!pci_dev_trylock(gpu))
		return answers ? 0 : -EBUSY;
	if (!device_is_registered(&gpu->dev)) {
		ret = -ENODEV;
	} else if (!gpupt_hw_pci_user(gpu, words, sizeof(words))) {
		card->pci.borrowed |= BIT(card->pci.hw.gpu);
		ret = gpupt_card_run(card, ladder, out);
	}
	pci_dev_unlock(gpu);
	return answers && ret == -EBUSY ? 0 : ret;
}

static int answer_gpu(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	int ret;

	if (gpupt_card_has_vfs(card))
		return -EBUSY;
	ret = gpupt_card_run(card, ladder, out);
	/* Whoever closes the function that is in the way pays. */
	if (ret && out->declined == -EBUSY &&
	    !test_and_set_bit(GPUPT_DEVICE_OWED, &card->gpu->flags))
		gpupt_info(card->gpu->pdev, "the bus reset is owed, and done when that function is closed\n");
	return ret;
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

static int answer(struct gpupt_device *gpu, struct pci_dev *pdev)
{
	struct gpupt_outcome out = {};
	u8 ladder[GPUPT_LADDER_LEN];
	int ret = -EOPNOTSUPP;
	bool ours;
	struct gpupt_card *card = gpupt_card_get(gpu);

	if (!card)
		return -ENOMEM;
	card->pci.borrowed = BIT(PCI_FUNC(pdev->devfn));
	ours = find_rungs(card, ladder);
	if (ours && ladder[0]) {
		if (pdev == gpu->pdev)
			ret = answer_gpu(card, ladder, &out);
		else
			ret = answer_companion(card, pdev, ladder, &out);
	}
	/*
	 * -EAGAIN is what makes vfio-pci refuse to open a dead card. One whose registers
	 * answer, and only firmware is in doubt, is the user's to decide about: the
	 * kernel reports the failed reset, and hands it out. Nor is the kernel kept from
	 * the bus reset that it would do without us.
	 */
	if (ret && ours && ((out.rung && !out.registers) ||
			    !gpupt_hw_fn_answers(&card->pci.hw, PCI_FUNC(pdev->devfn))))
		ret = -EAGAIN;
	else if ((ret == -EBUSY || ret == -EOPNOTSUPP) && kernel_may_try(card))
		ret = -ENOTTY;
	gpupt_card_put(card);
	return ret;
}

int gpupt_answer_reset(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;
	struct pci_dev *gpu;
	int ret;

	device_lock_assert(&pdev->dev);

	gpu = gpupt_device_get_gpu(pdev);
	if (!gpu)
		return -ENOTTY;
	gdev = gpupt_device_find(gpu);
	pci_dev_put(gpu);
	if (!gdev)
		return -ENOTTY;
	ret = answer(gdev, pdev);
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

static bool answer_bus_reset(struct gpupt_device *gpu)
{
	static const u8 ladder[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS };
	u8 allowed[GPUPT_LADDER_LEN];
	struct gpupt_outcome out = {};
	struct gpupt_card *card = gpupt_card_get(gpu);

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
	if (card->pci.borrowed == card->pci.hw.present &&
	    !gpupt_policy_single(allowed, GPUPT_RUNG_BUS))
		gpupt_card_run(card, ladder, &out);
	gpupt_card_put(card);
	return out.rung;
}

bool gpupt_answer_bus_reset(struct pci_dev *port)
{
	struct gpupt_device *gdev = NULL;
	bool done = false;

	while (!done && (gdev = gpupt_device_next(gdev)))
		if (gdev->model && pci_upstream_bridge(gdev->pdev) == port) {
			done = answer_bus_reset(gdev);
			break;
		}
	if (gdev)
		gpupt_device_put(gdev);
	return done;
}
