// SPDX-License-Identifier: GPL-2.0
/*
 * Records of managed functions, and the service that joins model, facts,
 * policy and engine.
 *
 * Locks, outermost first:
 *   port's device lock        config space of the port (only ever tried for)
 *   function's device lock    its snapshot and the kernel's saved state of it
 *   devices_lock              the list of records
 *   gdev->lock                gdev->status
 */
#include <linux/bitfield.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/hw_pci.h"
#include "gpupt/log.h"
#include "gpupt/policy.h"
#include "trace.h"

#define BUSY_BIT	0
#define USER_WORDS	96

static LIST_HEAD(devices);
/* Protects devices: who is in it, and in which order. */
static DEFINE_MUTEX(devices_lock);
static struct gpupt_match_list deny;

void gpupt_device_set_deny(const struct gpupt_match_list *list)
{
	deny = *list;
}

static bool denied(const struct pci_dev *pdev)
{
	return gpupt_param_list_has(&deny, pci_domain_nr(pdev->bus), pdev->bus->number,
				    PCI_SLOT(pdev->devfn), pdev->vendor, pdev->device);
}

bool gpupt_device_is_gpu(const struct pci_dev *pdev)
{
	if (pdev->vendor != PCI_VENDOR_ID_NVIDIA || pdev->is_virtfn)
		return false;
	switch (pdev->class >> 8) {
	case PCI_CLASS_DISPLAY_VGA:
	case PCI_CLASS_DISPLAY_3D:
		return !denied(pdev);
	default:
		return false;
	}
}

/* Audio, USB-C controller and its UCSI function, which are functions 1 to 3 of a card. */
static bool is_companion_class(const struct pci_dev *pdev)
{
	switch (pdev->class >> 8) {
	case PCI_CLASS_MULTIMEDIA_HD_AUDIO:
	case PCI_CLASS_SERIAL_USB:
	case PCI_CLASS_SERIAL_UNKNOWN:
		return pdev->vendor == PCI_VENDOR_ID_NVIDIA && !pdev->is_virtfn;
	default:
		return false;
	}
}

static struct pci_dev *get_gpu(struct pci_dev *pdev)
{
	struct pci_dev *gpu;

	if (gpupt_device_is_gpu(pdev))
		return pci_dev_get(pdev);
	if (!is_companion_class(pdev))
		return NULL;
	gpu = pci_get_slot(pdev->bus, PCI_DEVFN(PCI_SLOT(pdev->devfn), 0));
	if (gpu && gpupt_device_is_gpu(gpu))
		return gpu;
	pci_dev_put(gpu);
	return NULL;
}

bool gpupt_device_is_ours(struct pci_dev *pdev)
{
	struct pci_dev *gpu = get_gpu(pdev);
	bool ours = gpu;

	pci_dev_put(gpu);
	return ours;
}

struct gpupt_device *gpupt_device_add(struct pci_dev *pdev)
{
	struct gpupt_device *gdev = kzalloc(sizeof(*gdev), GFP_KERNEL);

	if (!gdev)
		return ERR_PTR(-ENOMEM);
	kref_init(&gdev->ref);
	spin_lock_init(&gdev->lock);
	gdev->pdev = pci_dev_get(pdev);
	if (gpupt_device_is_gpu(pdev))
		gdev->model = gpupt_model_find(pdev->device);

	kref_get(&gdev->ref);
	mutex_lock(&devices_lock);
	list_add_tail(&gdev->node, &devices);
	mutex_unlock(&devices_lock);
	return gdev;
}

void gpupt_device_learn(struct gpupt_device *gdev)
{
	struct pci_dev *port = pci_upstream_bridge(gdev->pdev);
	int ret = gpupt_snapshot_take(&gdev->snapshot, gdev->pdev);
	u16 link = 0;

	if (ret) {
		gpupt_dbg(gdev->pdev, "no snapshot: %d\n", ret);
		return;
	}
	if (port)
		pcie_capability_read_word(port, PCI_EXP_LNKSTA, &link);
	spin_lock(&gdev->lock);
	gdev->status.link = link;
	spin_unlock(&gdev->lock);
}

static void free_device(struct kref *ref)
{
	struct gpupt_device *gdev = container_of(ref, struct gpupt_device, ref);

	gpupt_snapshot_free(&gdev->snapshot);
	pci_dev_put(gdev->pdev);
	kfree(gdev);
}

void gpupt_device_put(struct gpupt_device *gdev)
{
	kref_put(&gdev->ref, free_device);
}

struct gpupt_device *gpupt_device_find(const struct pci_dev *pdev)
{
	struct gpupt_device *gdev, *found = NULL;

	mutex_lock(&devices_lock);
	list_for_each_entry(gdev, &devices, node) {
		if (gdev->pdev != pdev)
			continue;
		kref_get(&gdev->ref);
		found = gdev;
		break;
	}
	mutex_unlock(&devices_lock);
	return found;
}

struct gpupt_device *gpupt_device_next(struct gpupt_device *prev)
{
	struct gpupt_device *next;

	mutex_lock(&devices_lock);
	if (!prev || list_empty(&prev->node))
		next = list_first_entry_or_null(&devices, struct gpupt_device, node);
	else if (list_is_last(&prev->node, &devices))
		next = NULL;
	else
		next = list_next_entry(prev, node);
	if (next)
		kref_get(&next->ref);
	mutex_unlock(&devices_lock);
	if (prev)
		gpupt_device_put(prev);
	return next;
}

void gpupt_device_remove(struct gpupt_device *gdev)
{
	mutex_lock(&devices_lock);
	list_del_init(&gdev->node);
	mutex_unlock(&devices_lock);
	gpupt_device_put(gdev);
}

/*
 * A card with the records of its functions, whose snapshots it uses. @narrowed
 * says that the user asked for one rung out of those that it may use.
 */
struct card {
	struct gpupt_hw_pci pci;
	struct gpupt_device *gpu;
	bool narrowed;
	struct gpupt_device *record[GPUPT_FUNCTIONS];
};

static struct card *get_card(struct gpupt_device *gpu)
{
	struct card *card = kzalloc(sizeof(*card), GFP_KERNEL);
	unsigned int fn;

	if (!card)
		return NULL;
	card->gpu = gpu;
	gpupt_hw_pci_init(&card->pci, gpu->pdev);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!card->pci.fn[fn].pdev)
			continue;
		card->record[fn] = gpupt_device_find(card->pci.fn[fn].pdev);
		if (card->record[fn])
			card->pci.fn[fn].snapshot = &card->record[fn]->snapshot;
	}
	return card;
}

static void put_card(struct card *card)
{
	unsigned int fn;

	gpupt_hw_pci_fini(&card->pci);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (card->record[fn])
			gpupt_device_put(card->record[fn]);
	kfree(card);
}

static unsigned int card_ladder(struct card *card, u8 *ladder)
{
	struct gpupt_facts facts;

	gpupt_hw_pci_facts(&card->pci, &facts);
	return gpupt_policy_ladder(card->gpu->model, &facts, ladder);
}

unsigned int gpupt_device_ladder(struct gpupt_device *gdev, u8 *ladder)
{
	struct card *card = get_card(gdev);
	unsigned int n;

	memset(ladder, GPUPT_RUNG_NONE, GPUPT_LADDER_LEN);
	if (!card)
		return 0;
	n = card_ladder(card, ladder);
	put_card(card);
	return n;
}

struct gpupt_status gpupt_device_status(struct gpupt_device *gdev)
{
	struct gpupt_status status;

	spin_lock(&gdev->lock);
	status = gdev->status;
	spin_unlock(&gdev->lock);
	return status;
}

/* Neither the function nor the port above it sleeps so deep that a healthy card reads all-ones. */
static bool config_is_readable(struct pci_dev *pdev)
{
	struct pci_dev *port = pci_upstream_bridge(pdev);

	return pdev->current_state != PCI_D3cold &&
	       (!port || port->current_state == PCI_D0 || port->current_state == PCI_UNKNOWN);
}

enum gpupt_state gpupt_device_state(struct gpupt_device *gdev)
{
	struct gpupt_status status = gpupt_device_status(gdev);
	struct pci_dev *pdev = gdev->pdev;
	bool failed = status.last.result;

	if (test_bit(BUSY_BIT, &gdev->busy))
		return GPUPT_STATE_RESETTING;
	if (!failed && !config_is_readable(pdev))
		return GPUPT_STATE_UNKNOWN;
	if (!pci_device_is_present(pdev))
		return status.exhausted ? GPUPT_STATE_DEAD : GPUPT_STATE_HUNG;
	if (failed)
		return GPUPT_STATE_HUNG;
	return status.boot0 ? GPUPT_STATE_OK : GPUPT_STATE_UNKNOWN;
}

static struct card *hw_to_card(struct gpupt_hw *hw)
{
	return container_of(hw, struct card, pci.hw);
}

static void rung_begins(struct gpupt_hw *hw, unsigned int rung)
{
	struct pci_dev *pdev = hw_to_card(hw)->gpu->pdev;

	trace_gpupt_rung_begin(pdev, rung);
	gpupt_dbg(pdev, "%s begins\n", gpupt_rung_name(rung));
}

static void rung_ended(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms)
{
	struct pci_dev *pdev = hw_to_card(hw)->gpu->pdev;

	trace_gpupt_rung_end(pdev, rung, result, ms);
	gpupt_dbg(pdev, "%s ended after %u ms: %d\n", gpupt_rung_name(rung), ms, result);
}

static const struct gpupt_reset_observer observer = {
	.begin = rung_begins,
	.end = rung_ended,
};

static void log_link(struct pci_dev *pdev, u16 before, u16 after)
{
	unsigned int width_before = FIELD_GET(PCI_EXP_LNKSTA_NLW, before);
	unsigned int width_after = FIELD_GET(PCI_EXP_LNKSTA_NLW, after);

	if (before && width_after < width_before)
		gpupt_warn(pdev, "link came back x%u instead of x%u; reseat the card or power the host off and on\n",
			   width_after, width_before);
}

/* What the user can do about a reset that failed. */
static const char *advice(const struct card *card, const struct gpupt_outcome *out)
{
	if (out->declined == -EBUSY)
		return "free the function named above and write 1 to gpupt_reset";
	if (card->narrowed)
		return "write 1 to gpupt_reset for every rung that the card may use";
	return "power the host off for 30 s";
}

static void log_outcome(const struct card *card, const struct gpupt_outcome *out)
{
	struct pci_dev *pdev = card->gpu->pdev;

	if (!out->result)
		gpupt_info(pdev, "reset by %s in %u ms, card verified alive (PMC_BOOT_0 %#010x)\n",
			   gpupt_rung_name(out->rung), out->ms, out->boot0);
	else if (out->rung)
		gpupt_err(pdev, "reset failed after %u ms: %pe, the card was not seen alive; %s\n",
			  out->ms, ERR_PTR(out->result), advice(card, out));
	else if (out->result == -ENODEV)
		gpupt_err(pdev, "not reset: the card does not answer; %s\n", advice(card, out));
}

static void note_outcome(const struct card *card, const struct gpupt_outcome *out)
{
	struct gpupt_device *gpu = card->gpu;
	u16 link_before;

	trace_gpupt_reset_end(gpu->pdev, out->rung, out->result, out->ms);
	log_outcome(card, out);
	/* Nothing was tried: the card is what it was. */
	if (!out->rung)
		return;

	spin_lock(&gpu->lock);
	gpu->status.last = *out;
	gpu->status.resets++;
	gpu->status.exhausted = out->result && !card->narrowed && out->declined != -EBUSY;
	link_before = gpu->status.link;
	if (out->result) {
		gpu->status.failures++;
	} else {
		gpu->status.boot0 = out->boot0;
		gpu->status.link = out->link;
	}
	spin_unlock(&gpu->lock);

	if (!out->result)
		log_link(gpu->pdev, link_before, out->link);
}

/* The caller has the device locks of the functions in card->pci.borrowed. */
static int run(struct card *card, const u8 *ladder)
{
	struct gpupt_device *gpu = card->gpu;
	struct gpupt_outcome out;
	int ret;

	if (test_and_set_bit_lock(BUSY_BIT, &gpu->busy))
		return -EBUSY;
	ret = gpupt_hw_pci_begin(&card->pci);
	if (!ret) {
		ret = gpupt_reset_run(&card->pci.hw, gpu->model, ladder,
				      gpupt_device_status(gpu).boot0, &observer, &out);
		gpupt_hw_pci_end(&card->pci, !ret);
		note_outcome(card, &out);
	}
	clear_bit_unlock(BUSY_BIT, &gpu->busy);
	return ret;
}

/* -EBUSY, and one line that names the user, when a function of the card is in use. */
static int check_idle(struct card *card)
{
	char words[USER_WORDS];
	unsigned int fn;
	bool used;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct pci_dev *pdev = card->pci.fn[fn].pdev;

		if (!pdev)
			continue;
		if (!(card->pci.borrowed & BIT(fn)) && !device_trylock(&pdev->dev)) {
			gpupt_warn(card->gpu->pdev, "not reset: %s is busy, try again\n",
				   pci_name(pdev));
			return -EBUSY;
		}
		used = gpupt_hw_pci_user(pdev, words, sizeof(words));
		if (!(card->pci.borrowed & BIT(fn)))
			device_unlock(&pdev->dev);
		if (used) {
			gpupt_warn(card->gpu->pdev, "not reset: %s\n", words);
			return -EBUSY;
		}
	}
	return 0;
}

static int reset_card(struct card *card, enum gpupt_rung rung)
{
	struct pci_dev *pdev = card->gpu->pdev;
	u8 ladder[GPUPT_LADDER_LEN];
	int ret;

	if (!card_ladder(card, ladder))
		return -EOPNOTSUPP;
	if (rung) {
		ret = gpupt_policy_single(ladder, rung);
		if (ret)
			return ret;
		card->narrowed = true;
	}

	pm_runtime_get_sync(&pdev->dev);
	if (!pci_dev_trylock(pdev)) {
		gpupt_warn(pdev, "not reset: it is busy, try again\n");
		ret = -EBUSY;
		goto out_put_runtime;
	}
	if (!device_is_registered(&pdev->dev)) {
		ret = -ENODEV;
		goto out_unlock;
	}
	card->pci.borrowed = BIT(card->pci.hw.gpu);
	ret = check_idle(card);
	if (!ret)
		ret = run(card, ladder);
out_unlock:
	pci_dev_unlock(pdev);
out_put_runtime:
	pm_runtime_put(&pdev->dev);
	return ret;
}

int gpupt_device_reset(struct gpupt_device *gdev, enum gpupt_rung rung)
{
	struct card *card = get_card(gdev);
	int ret;

	if (!card)
		return -ENOMEM;
	ret = reset_card(card, rung);
	put_card(card);

	switch (ret) {
	case 0:
	case -EBUSY:
	case -EOPNOTSUPP:
	case -ENOMEM:
		return ret;
	default:
		return device_is_registered(&gdev->pdev->dev) ? -EIO : -ENODEV;
	}
}

int gpupt_device_answer_probe(struct pci_dev *pdev)
{
	return gpupt_device_is_ours(pdev) ? 0 : -ENOTTY;
}

/* @pdev, another function than the GPU, does not answer: reset the card, if the GPU is idle. */
static int answer_companion(struct card *card, struct pci_dev *pdev, const u8 *ladder)
{
	struct pci_dev *gpu = card->gpu->pdev;
	char words[USER_WORDS];
	int ret = -EBUSY;

	if (gpupt_hw_fn_answers(&card->pci.hw, PCI_FUNC(pdev->devfn)))
		return 0;
	pm_runtime_get_sync(&gpu->dev);
	if (!pci_dev_trylock(gpu))
		goto out_put_runtime;
	if (!gpupt_hw_pci_user(gpu, words, sizeof(words))) {
		card->pci.borrowed |= BIT(card->pci.hw.gpu);
		ret = run(card, ladder);
	}
	pci_dev_unlock(gpu);
out_put_runtime:
	pm_runtime_put(&gpu->dev);
	return ret;
}

static int answer(struct gpupt_device *gpu, struct pci_dev *pdev)
{
	struct card *card = get_card(gpu);
	u8 ladder[GPUPT_LADDER_LEN];
	int ret = -EOPNOTSUPP;

	if (!card)
		return -ENOMEM;
	card->pci.borrowed = BIT(PCI_FUNC(pdev->devfn));
	if (card_ladder(card, ladder)) {
		if (pdev == gpu->pdev)
			ret = run(card, ladder);
		else
			ret = answer_companion(card, pdev, ladder);
	}
	put_card(card);
	return ret;
}

int gpupt_device_answer_reset(struct pci_dev *pdev)
{
	struct gpupt_device *gdev;
	struct pci_dev *gpu;
	int ret;

	device_lock_assert(&pdev->dev);

	gpu = get_gpu(pdev);
	if (!gpu)
		return -ENOTTY;
	gdev = gpupt_device_find(gpu);
	pci_dev_put(gpu);
	if (!gdev)
		return -ENOTTY;
	ret = answer(gdev, pdev);
	gpupt_device_put(gdev);

	/*
	 * Declined, so that the kernel tries its next method. On a function that
	 * does not answer that would be a minute of waiting for nothing.
	 */
	if (ret == -EBUSY || ret == -EOPNOTSUPP)
		return pci_device_is_present(pdev) ? -ENOTTY : ret;
	return ret;
}
