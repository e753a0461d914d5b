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
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/hw_pci.h"
#include "gpupt/link.h"
#include "gpupt/log.h"
#include "gpupt/policy.h"
#include "gpupt/regs.h"
#include "gpupt/replace.h"
#include "trace.h"

/* Bits of gpupt_device.flags */
#define BUSY_BIT	0
#define OWED_BIT	1
#define FENCED_BIT	2

#define USER_WORDS	96
/* However many rungs a card has, a reset is over then. */
#define BUDGET_MS	60000

static LIST_HEAD(devices);
/* Protects devices: who is in it, and in which order. */
static DEFINE_MUTEX(devices_lock);
static struct gpupt_match_list deny;

/*
 * Ports above our GPUs, for a handler of ftrace, which may not sleep. Written with
 * devices_lock held; one port too many merely goes unanswered.
 */
#define OUR_PORTS	32
static struct pci_dev *our_ports[OUR_PORTS];

static void replace_port(struct pci_dev *old, struct pci_dev *new)
{
	unsigned int i;

	lockdep_assert_held(&devices_lock);

	for (i = 0; i < OUR_PORTS; i++) {
		if (our_ports[i] != old)
			continue;
		WRITE_ONCE(our_ports[i], new);
		return;
	}
}

void gpupt_device_set_deny(const struct gpupt_match_list *list)
{
	deny = *list;
}

static bool gb202_flr;
module_param(gb202_flr, bool, 0444);
MODULE_PARM_DESC(gb202_flr, "use FLR also on GB202 (RTX 5090, RTX PRO 6000), which was seen not to come back from it (default: N)");

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
	if (gdev->model && pci_upstream_bridge(pdev))
		replace_port(NULL, pci_upstream_bridge(pdev));
	mutex_unlock(&devices_lock);
	return gdev;
}

void gpupt_device_learn(struct gpupt_device *gdev)
{
	struct pci_dev *port = pci_upstream_bridge(gdev->pdev);
	int ret = gpupt_snapshot_take(&gdev->snapshot, gdev->pdev);
	u32 hda = 0;
	u16 link = 0;

	if (ret) {
		gpupt_dbg(gdev->pdev, "no snapshot: %d\n", ret);
		return;
	}
	if (port)
		pcie_capability_read_word(port, PCI_EXP_LNKSTA, &link);
	if (gdev->model && gdev->model->hda_enable)
		pci_read_config_dword(gdev->pdev, GPUPT_CFG_HDA, &hda);
	spin_lock(&gdev->lock);
	gdev->status.link = link;
	gdev->status.hda = hda != ~0U && (hda & GPUPT_CFG_HDA_ENABLE);
	spin_unlock(&gdev->lock);
}

/*
 * A card that no rung revived is not bus reset by the kernel either: vfio-pci tries
 * when it is closed, and waits a minute for it.
 */
static void fence(struct gpupt_device *gpu)
{
	if (gpu->pdev->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET)
		return;
	set_bit(FENCED_BIT, &gpu->flags);
	gpu->pdev->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
}

static void unfence(struct gpupt_device *gdev)
{
	if (!test_bit(FENCED_BIT, &gdev->flags))
		return;
	gdev->pdev->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	clear_bit(FENCED_BIT, &gdev->flags);
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
	unfence(gdev);
	mutex_lock(&devices_lock);
	if (gdev->model && pci_upstream_bridge(gdev->pdev))
		replace_port(pci_upstream_bridge(gdev->pdev), NULL);
	list_del_init(&gdev->node);
	mutex_unlock(&devices_lock);
	gpupt_device_put(gdev);
}

struct gpupt_status gpupt_device_status(struct gpupt_device *gdev)
{
	struct gpupt_status status;

	spin_lock(&gdev->lock);
	status = gdev->status;
	spin_unlock(&gdev->lock);
	return status;
}

/*
 * A card with the records of its functions, whose snapshots it uses. @narrowed
 * says that the user asked for one rung out of those that it may use.
 */
struct card {
	struct gpupt_hw_pci pci;
	struct gpupt_replacement replacement;
	struct gpupt_device *gpu;
	bool narrowed;
	struct gpupt_device *record[GPUPT_FUNCTIONS];
};

static struct card *get_card(struct gpupt_device *gpu)
{
	struct card *card = kzalloc(sizeof(*card), GFP_KERNEL);
	struct gpupt_status status;
	unsigned int fn;

	if (!card)
		return NULL;
	card->gpu = gpu;
	gpupt_hw_pci_init(&card->pci, gpu->pdev);
	status = gpupt_device_status(gpu);
	card->pci.hw.link = status.link;
	card->pci.hw.hda = status.hda;
	card->pci.fenced = test_bit(FENCED_BIT, &gpu->flags);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!card->pci.fn[fn].pdev)
			continue;
		/* Found by the kernel, so it was turned on, also if the card was never seen alive. */
		if (card->pci.fn[fn].pdev->class >> 8 == PCI_CLASS_MULTIMEDIA_HD_AUDIO)
			card->pci.hw.hda = true;
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
	facts.flr_wanted = gb202_flr;
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

	if (test_bit(BUSY_BIT, &gdev->flags))
		return GPUPT_STATE_RESETTING;
	if (!failed && !config_is_readable(pdev))
		return GPUPT_STATE_UNKNOWN;
	if (!pci_device_is_present(pdev))
		return status.exhausted ? GPUPT_STATE_DEAD : GPUPT_STATE_HUNG;
	if (failed)
		return status.last.sec_fault ? GPUPT_STATE_DEAD : GPUPT_STATE_HUNG;
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

static unsigned int link_width(u16 link)
{
	return FIELD_GET(PCI_EXP_LNKSTA_NLW, link);
}

static unsigned int link_speed(u16 link)
{
	return FIELD_GET(PCI_EXP_LNKSTA_CLS, link);
}

static void log_link(struct pci_dev *pdev, u16 before, u16 after)
{
	if (gpupt_link_is_worse(before, after))
		gpupt_warn(pdev, "link came back as x%u at PCIe generation %u, it was x%u at %u, and training it again did not help; reseat the card or power the host off and on\n",
			   link_width(after), link_speed(after),
			   link_width(before), link_speed(before));
}

/* What the user can do about a reset that failed. */
static const char *advice(bool narrowed, const struct gpupt_outcome *out)
{
	if (out->sec_fault)
		return "a security fault locked it up, power the host off for 30 s";
	if (out->declined == -EBUSY)
		return "free the function named above and write 1 to gpupt_reset";
	if (narrowed)
		return "write 1 to gpupt_reset for every rung that the card may use";
	return "power the host off for 30 s";
}

static void log_outcome(struct pci_dev *pdev, bool narrowed, const struct gpupt_outcome *out)
{
	if (!out->result)
		gpupt_info(pdev, "reset by %s in %u ms, card verified alive (PMC_BOOT_0 %#010x)\n",
			   gpupt_rung_name(out->rung), out->ms, out->boot0);
	else if (out->rung)
		gpupt_err(pdev, "reset failed after %u ms: %pe, the card was not seen alive; %s\n",
			  out->ms, ERR_PTR(out->result), advice(narrowed, out));
	else if (out->result == -ENODEV)
		gpupt_err(pdev, "not reset: the card does not answer; %s\n",
			  advice(narrowed, out));
}

/* @narrowed: the user asked for one rung out of those that the card may use. */
static bool was_exhausted(bool narrowed, const struct gpupt_outcome *out)
{
	return out->result && !narrowed && out->declined != -EBUSY;
}

static void note_outcome(struct gpupt_device *gpu, bool narrowed, const struct gpupt_outcome *out)
{
	u16 link_before;

	trace_gpupt_reset_end(gpu->pdev, out->rung, out->result, out->ms);
	log_outcome(gpu->pdev, narrowed, out);
	/* Nothing was tried: the card is what it was. */
	if (!out->rung)
		return;

	spin_lock(&gpu->lock);
	gpu->status.last = *out;
	gpu->status.resets++;
	gpu->status.exhausted = was_exhausted(narrowed, out);
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

/* A hang and a loss of power look alike from config space: all-ones. */
static void log_loss(struct card *card)
{
	struct pci_dev *gpu = card->gpu->pdev;

	if (gpupt_hw_fn_answers(&card->pci.hw, card->pci.hw.gpu))
		return;
	if (!gpupt_link_is_down(&card->pci.hw))
		gpupt_info(gpu, "it does not answer, though its link is up: it hangs\n");
	else if (gpu->current_state == PCI_D3cold && !gpu->no_d3cold)
		gpupt_warn(gpu, "it has no link since it was put into D3cold: its power did not come back; load gpupt_reset without d3cold=allow to keep cards out of it\n");
	else
		gpupt_info(gpu, "it does not answer, and has no link\n");
}

static struct gpupt_reset_request request_for(const struct card *card, const u8 *ladder)
{
	return (struct gpupt_reset_request){
		.model = card->gpu->model,
		.ladder = ladder,
		.boot0 = gpupt_device_status(card->gpu).boot0,
		.budget_ms = BUDGET_MS,
		.observer = &observer,
	};
}

/*
 * Climbs the rungs that work in place. The caller has the device locks of the
 * functions in card->pci.borrowed, and BUSY_BIT, and notes the outcome.
 */
static int climb(struct card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	struct gpupt_reset_request request = request_for(card, ladder);
	int ret;

	memset(out, 0, sizeof(*out));
	log_loss(card);
	ret = gpupt_hw_pci_begin(&card->pci);
	if (ret)
		return ret;
	ret = gpupt_reset_run(&card->pci.hw, &request, out);
	gpupt_hw_pci_end(&card->pci, !ret);
	if (!ret)
		clear_bit(OWED_BIT, &card->gpu->flags);
	return ret;
}

/* Notes what became of the card; the caller has the GPU's device lock. */
static void settle(struct card *card, const struct gpupt_outcome *out)
{
	note_outcome(card->gpu, card->narrowed, out);
	if (!out->result)
		unfence(card->gpu);
	else if (out->rung && was_exhausted(card->narrowed, out))
		fence(card->gpu);
}

/* climb() on behalf of the kernel. */
static int run(struct card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	struct gpupt_device *gpu = card->gpu;
	int ret;

	memset(out, 0, sizeof(*out));
	if (test_and_set_bit_lock(BUSY_BIT, &gpu->flags))
		return -EBUSY;
	ret = climb(card, ladder, out);
	if (ret != -ENOMEM)
		settle(card, out);
	clear_bit_unlock(BUSY_BIT, &gpu->flags);
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

/* Resetting the physical function would take its virtual ones away from their users. */
static bool has_virtual_functions(struct pci_dev *gpu)
{
	int n = pci_num_vf(gpu);

	if (n)
		gpupt_warn(gpu, "not reset: it has %d virtual functions; stop their users and write 0 to sriov_numvfs first\n",
			   n);
	return n;
}

static int lock_idle_gpu(struct card *card)
{
	struct pci_dev *pdev = card->gpu->pdev;
	int ret;

	pm_runtime_get_sync(&pdev->dev);
	if (!pci_dev_trylock(pdev)) {
		gpupt_warn(pdev, "not reset: it is busy, try again\n");
		ret = -EBUSY;
		goto err_put_runtime;
	}
	ret = device_is_registered(&pdev->dev) ? 0 : -ENODEV;
	card->pci.borrowed = BIT(card->pci.hw.gpu);
	if (!ret)
		ret = check_idle(card);
	if (!ret && has_virtual_functions(pdev))
		ret = -EBUSY;
	if (!ret)
		return 0;

	pci_dev_unlock(pdev);
err_put_runtime:
	pm_runtime_put(&pdev->dev);
	return ret;
}

static void unlock_gpu(struct card *card)
{
	pci_dev_unlock(card->gpu->pdev);
	pm_runtime_put(&card->gpu->pdev->dev);
}

/* Is the card that came back alive? */
static int verify_replaced(const struct gpupt_replacement *r, struct gpupt_device *gpu,
			   const struct gpupt_status *before, struct gpupt_outcome *out)
{
	struct gpupt_reset_request request;
	struct card *card = get_card(gpu);
	int ret;

	if (!card)
		return -ENOMEM;
	ret = lock_idle_gpu(card);
	if (!ret) {
		ret = card->pci.hw.present == r->hw.present ? 0 : -ENODEV;
		if (!ret)
			ret = gpupt_snapshot_take(&gpu->snapshot, gpu->pdev);
		if (!ret) {
			request = request_for(card, NULL);
			request.boot0 = before->boot0;
			ret = gpupt_reset_verify(&card->pci.hw, &request, out);
		}
		unlock_gpu(card);
	}
	put_card(card);
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
static void settle_replaced(struct card *card, const struct gpupt_status *before,
			    const struct gpupt_outcome *out)
{
	struct gpupt_device *gpu = find_replaced(&card->replacement);

	if (!gpu) {
		note_outcome(card->gpu, card->narrowed, out);
		gpupt_err(card->gpu->pdev, "it is off the bus now; it comes back when its slot is powered on again, or at a rescan of the bus\n");
		return;
	}
	spin_lock(&gpu->lock);
	gpu->status = *before;
	spin_unlock(&gpu->lock);
	note_outcome(gpu, card->narrowed, out);
	gpupt_device_put(gpu);
}

static bool is_replacement(unsigned int rung)
{
	return rung == GPUPT_RUNG_SLOT_POWER || rung == GPUPT_RUNG_RESCAN;
}

static bool has_replacement(const u8 *ladder)
{
	unsigned int i;

	for (i = 0; i < GPUPT_LADDER_LEN && ladder[i]; i++)
		if (is_replacement(ladder[i]))
			return true;
	return false;
}

/*
 * Climbs the rungs that take the card off the bus, after those that work in place
 * ended with @out. No device lock is held.
 */
static int replace(struct card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	struct gpupt_status before = gpupt_device_status(card->gpu);
	struct gpupt_replacement *r = &card->replacement;
	int first_tried = out->rung ? out->result : 0;
	u64 began = ktime_get();
	u32 in_place_ms = out->ms;
	int ret = out->result;
	unsigned int i;

	gpupt_replace_begin(r, &card->pci);
	for (i = 0; i < GPUPT_LADDER_LEN && ladder[i] && ret; i++) {
		u64 start = ktime_get();

		if (!is_replacement(ladder[i]) || out->ms >= BUDGET_MS)
			continue;
		/* Nothing but power clears a security fault. */
		if (out->sec_fault && ladder[i] != GPUPT_RUNG_SLOT_POWER)
			continue;
		rung_begins(&card->pci.hw, ladder[i]);
		ret = try_replacement(r, ladder[i], &before, out);
		rung_ended(&card->pci.hw, ladder[i], ret, ktime_ms_delta(ktime_get(), start));
		out->rung = ladder[i];
		out->ms = in_place_ms + ktime_ms_delta(ktime_get(), began);
		first_tried = first_tried ?: ret;
	}
	gpupt_replace_end(r);

	out->result = ret ? first_tried : 0;
	out->declined = 0;
	settle_replaced(card, &before, out);
	return out->result;
}

static int climb_all(struct card *card, const u8 *ladder)
{
	struct gpupt_outcome out;
	bool go_on;
	int ret;

	ret = lock_idle_gpu(card);
	if (ret)
		return ret;
	ret = climb(card, ladder, &out);
	go_on = ret && ret != -ENOMEM && out.declined != -EBUSY && has_replacement(ladder);
	if (!go_on && ret != -ENOMEM)
		settle(card, &out);
	unlock_gpu(card);
	if (go_on)
		ret = replace(card, ladder, &out);
	return !ret || ret == -EBUSY || ret == -ENOMEM ? ret : -EIO;
}

static int reset_card(struct card *card, enum gpupt_rung rung)
{
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
	if (test_and_set_bit_lock(BUSY_BIT, &card->gpu->flags)) {
		gpupt_warn(card->gpu->pdev, "not reset: it is being reset already\n");
		return -EBUSY;
	}
	ret = climb_all(card, ladder);
	clear_bit_unlock(BUSY_BIT, &card->gpu->flags);
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
	return ret;
}

int gpupt_device_answer_probe(struct pci_dev *pdev)
{
	return gpupt_device_is_ours(pdev) ? 0 : -ENOTTY;
}

/*
 * @pdev is another function than the GPU. One that answers is left alone, unless a
 * reset is owed; otherwise the card is reset, if the GPU is idle.
 */
static int answer_companion(struct card *card, struct pci_dev *pdev, const u8 *ladder,
			    struct gpupt_outcome *out)
{
	bool answers = gpupt_hw_fn_answers(&card->pci.hw, PCI_FUNC(pdev->devfn));
	struct pci_dev *gpu = card->gpu->pdev;
	char words[USER_WORDS];
	int ret = -EBUSY;

	if (answers && !test_bit(OWED_BIT, &card->gpu->flags))
		return 0;
	pm_runtime_get_sync(&gpu->dev);
	if (!pci_dev_trylock(gpu))
		goto out_put_runtime;
	if (!gpupt_hw_pci_user(gpu, words, sizeof(words))) {
		card->pci.borrowed |= BIT(card->pci.hw.gpu);
		ret = run(card, ladder, out);
	}
	pci_dev_unlock(gpu);
out_put_runtime:
	pm_runtime_put(&gpu->dev);
	return answers && ret == -EBUSY ? 0 : ret;
}

static int answer_gpu(struct card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	int ret;

	if (has_virtual_functions(card->gpu->pdev))
		return -EBUSY;
	ret = run(card, ladder, out);
	/* Whoever closes the function that is in the way pays. */
	if (ret && out->declined == -EBUSY && !test_and_set_bit(OWED_BIT, &card->gpu->flags))
		gpupt_info(card->gpu->pdev, "the bus reset is owed, and done when that function is closed\n");
	return ret;
}

/* Would the kernel's own methods, tried when we decline, do no harm to the card? */
static bool kernel_may_try(struct card *card)
{
	return !card->gpu->model->flr_doubted && !pci_num_vf(card->gpu->pdev);
}

static int answer(struct gpupt_device *gpu, struct pci_dev *pdev)
{
	struct gpupt_outcome out = {};
	u8 ladder[GPUPT_LADDER_LEN];
	int ret = -EOPNOTSUPP;
	struct card *card = get_card(gpu);

	if (!card)
		return -ENOMEM;
	card->pci.borrowed = BIT(PCI_FUNC(pdev->devfn));
	if (card_ladder(card, ladder)) {
		if (pdev == gpu->pdev)
			ret = answer_gpu(card, ladder, &out);
		else
			ret = answer_companion(card, pdev, ladder, &out);
	}
	/*
	 * -EAGAIN is what makes vfio-pci refuse to open a dead card. One whose registers
	 * answer, and only firmware is in doubt, is the user's to decide about: the
	 * kernel reports the failed reset, and hands it out.
	 */
	if (ret && ((out.rung && !out.registers) || !pci_device_is_present(pdev)))
		ret = -EAGAIN;
	else if ((ret == -EBUSY || ret == -EOPNOTSUPP) && kernel_may_try(card))
		ret = -ENOTTY;
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
	return ret;
}

bool notrace gpupt_device_is_our_port(const struct pci_dev *port)
{
	unsigned int i;

	for (i = 0; i < OUR_PORTS; i++)
		if (READ_ONCE(our_ports[i]) == port)
			return true;
	return false;
}

/* Locks of the functions that the caller has: those of the whole bus, or none. */
static u8 functions_of_caller(const struct card *card)
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
	struct card *card = get_card(gpu);

	if (!card)
		return false;
	card_ladder(card, allowed);
	card->pci.borrowed = functions_of_caller(card);
	card->narrowed = true;
	if (card->pci.borrowed == card->pci.hw.present &&
	    !gpupt_policy_single(allowed, GPUPT_RUNG_BUS))
		run(card, ladder, &out);
	put_card(card);
	return out.rung;
}

bool gpupt_device_answer_bus_reset(struct pci_dev *port)
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
