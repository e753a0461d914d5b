// SPDX-License-Identifier: GPL-2.0
/*
 * Claims: whole cards for vfio-pci.
 *
 * The driver_override of a function is what keeps other drivers off it, whether
 * they are loaded already or not. It is set as soon as the function is there, before
 * the kernel looks for a driver (BUS_NOTIFY_ADD_DEVICE). All else waits for a work
 * item: modprobe of vfio-pci may, by an administrator's softdep, wait for our own init to
 * end, and the functions of a card come one by one.
 */
#include <linux/aperture.h>
#include <linux/bits.h>
#include <linux/crash_dump.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/kmod.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vgaarb.h>
#include <linux/workqueue.h>

#include "gpupt/card.h"
#include "gpupt/claim.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/handover.h"
#include "gpupt/inform.h"
#include "gpupt/later.h"
#include "gpupt/lock.h"
#include "gpupt/log.h"
#include "gpupt/override.h"
#include "gpupt/param.h"
#include "gpupt/replace.h"

#define VFIO_PCI	"vfio-pci"
/* A reset that is under way is over soon, and so is a driver that binds or lets go. */
#define RETRY_MS	500

static bool wanted_all;
static bool wanted_force;
static struct gpupt_match_list wanted;

static bool take_words(char *list, const char *word)
{
	bool there = false;

	while (gpupt_param_take_word(list, word))
		there = true;
	return there;
}

static int set_claim(const char *val, const struct kernel_param *kp)
{
	char *list = kstrdup(val, GFP_KERNEL);
	bool all, force;
	int ret;

	if (!list)
		return -ENOMEM;
	all = take_words(list, "all");
	force = take_words(list, "force");
	ret = gpupt_param_parse_list("claim", ", all or force", list, &wanted);
	kfree(list);
	if (ret < 0)
		return ret;
	wanted_all = all;
	wanted_force = force;
	if (!wanted_all && !wanted.count)
		pr_warn("gpupt_reset: claim= names no card, so none is claimed\n");
	return 0;
}

static const struct kernel_param_ops claim_ops = {
	.set = set_claim,
	.free = gpupt_param_free_list,
};

module_param_cb(claim, &claim_ops, &wanted, 0);
MODULE_PARM_DESC(claim, "cards to claim for vfio-pci: by slot ([dddd:]bb:dd), ID (vvvv:dddd) or both (01:00=10de:1b38), comma separated, or all, which spares the boot VGA; with the word force also the only display");

/**
 * struct claim - a claimed card
 * @node: in claims
 * @domain: PCI domain of its slot
 * @bus: bus number of its slot
 * @slot: device number of its slot
 * @settled: what gpupt_claim_adopt() began was finished, or cannot be
 * @again: it could not be settled for the moment
 * @granted: it was taken once, so the host can do without it
 * @told: the log has it that it is claimed
 * @waits: the log has it that a driver is waited for
 * @spared: it is about to be refused, as the only display of the host
 * @id: device and vendor ID of its functions, 0 for those it has not
 * @former: whose they were
 */
struct claim {
	struct list_head node;
	int domain;
	u8 bus;
	u8 slot;
	bool settled;
	bool again;
	bool granted;
	bool told;
	bool waits;
	bool spared;
	u32 id[GPUPT_FUNCTIONS];
	struct gpupt_binding former[GPUPT_FUNCTIONS];
};

static LIST_HEAD(claims);
/*
 * Protects claims, what is in them, and started. No device lock is taken inside: a driver
 * that keeps one would keep everybody from claims of other cards, and, by the bus's
 * notifier and the kernel's rescan lock, from finding functions.
 */
static DEFINE_MUTEX(claims_lock);

static struct claim *find(struct pci_dev *pdev)
{
	struct claim *claim;

	lockdep_assert_held(&claims_lock);

	list_for_each_entry(claim, &claims, node)
		if (claim->domain == pci_domain_nr(pdev->bus) &&
		    claim->bus == pdev->bus->number && claim->slot == PCI_SLOT(pdev->devfn))
			return claim;
	return NULL;
}

static struct claim *create(struct pci_dev *pdev)
{
	struct claim *claim = kzalloc(sizeof(*claim), GFP_KERNEL);

	if (!claim)
		return NULL;
	claim->domain = pci_domain_nr(pdev->bus);
	claim->bus = pdev->bus->number;
	claim->slot = PCI_SLOT(pdev->devfn);
	return claim;
}

static bool is_claimed(struct pci_dev *pdev)
{
	bool claimed;

	mutex_lock(&claims_lock);
	claimed = find(pdev);
	mutex_unlock(&claims_lock);
	return claimed;
}

static bool is_granted(struct pci_dev *pdev)
{
	struct claim *claim;
	bool granted;

	mutex_lock(&claims_lock);
	claim = find(pdev);
	granted = claim && claim->granted;
	mutex_unlock(&claims_lock);
	return granted;
}

static struct pci_dev *get_function(const struct claim *claim, unsigned int fn)
{
	return pci_get_domain_bus_and_slot(claim->domain, claim->bus,
					   PCI_DEVFN(claim->slot, fn));
}

/* Ours to take back: nobody has changed it since. */
static void give_override_back(struct pci_dev *pdev, const struct gpupt_binding *former)
{
	char now[GPUPT_DRIVER_LEN];
	int ret = gpupt_get_driver_override(pdev, now, sizeof(now));

	if (!ret && !strcmp(now, VFIO_PCI))
		ret = gpupt_set_driver_override(pdev, former->override);
	if (ret)
		gpupt_warn(pdev, "driver_override is not what it was: %pe\n", ERR_PTR(ret));
}

/* Of a claim that is in the list no more. Drivers stay as they are. */
static void end_claim(struct claim *claim)
{
	unsigned int fn;

	for (fn = 0; claim && fn < GPUPT_FUNCTIONS; fn++) {
		struct pci_dev *pdev = claim->id[fn] ? get_function(claim, fn) : NULL;

		if (pdev)
			give_override_back(pdev, &claim->former[fn]);
		pci_dev_put(pdev);
	}
	kfree(claim);
}

/* Return: the claim on a card, which is in the list no more, or NULL. */
static struct claim *unlist(struct pci_dev *pdev)
{
	struct claim *claim;

	mutex_lock(&claims_lock);
	claim = find(pdev);
	if (claim)
		list_del(&claim->node);
	mutex_unlock(&claims_lock);
	return claim;
}

/* --- what a claim has to heed --- */

static bool is_for_guests(struct pci_dev *pdev)
{
	char driver[GPUPT_DRIVER_LEN];
	struct claim *claim;
	bool claimed;

	mutex_lock(&claims_lock);
	claim = find(pdev);
	claimed = claim && !claim->spared;
	mutex_unlock(&claims_lock);
	return claimed || gpupt_hw_pci_driver(pdev, driver, sizeof(driver));
}

static bool has_outputs(const struct pci_dev *pdev)
{
	return pdev->class >> 16 == PCI_BASE_CLASS_DISPLAY &&
	       pdev->class >> 8 != PCI_CLASS_DISPLAY_3D && !pdev->is_virtfn;
}

/*
 * Would the host be left without a display? Whether it is the boot VGA device says
 * less: the kernel forgets which one that is when it is removed and found again.
 */
static bool is_only_display(struct pci_dev *gpu)
{
	struct pci_dev *pdev = NULL;

	if (!has_outputs(gpu))
		return false;
	for_each_pci_dev(pdev) {
		if (!has_outputs(pdev))
			continue;
		if (pdev->bus == gpu->bus && PCI_SLOT(pdev->devfn) == PCI_SLOT(gpu->devfn))
			continue;
		if (is_for_guests(pdev))
			continue;
		pci_dev_put(pdev);
		return false;
	}
	return true;
}

static bool have_vfio_pci(void)
{
	return driver_find(VFIO_PCI, &pci_bus_type);
}

/* --- taking --- */

static void tell(struct claim *claim, const struct gpupt_card *card)
{
	unsigned int fn;

	lockdep_assert_held(&claims_lock);

	for (fn = 0; fn < GPUPT_FUNCTIONS && !claim->told; fn++)
		if (card->pci.fn[fn].pdev)
			gpupt_info(card->pci.fn[fn].pdev, "claimed for vfio-pci, from %s\n",
				   claim->former[fn].driver[0] ? claim->former[fn].driver :
								 "no driver");
	claim->told = true;
}

/* Writes down whose the functions were that the claim does not know yet. */
static void keep(struct claim *claim, const struct gpupt_card *card,
		 const struct gpupt_binding *before)
{
	unsigned int fn;

	lockdep_assert_held(&claims_lock);

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!card->pci.fn[fn].pdev || claim->id[fn])
			continue;
		claim->id[fn] = gpupt_function_id(card->pci.fn[fn].pdev);
		claim->former[fn] = before[fn];
	}
	claim->settled = true;
	claim->granted = true;
	claim->spared = false;
	claim->waits = false;
	tell(claim, card);
}

/* Can other drivers be kept off it? */
static bool may_hold(struct pci_dev *gpu, bool say)
{
	if (!gpupt_override_works() && say)
		gpupt_err(gpu, "not claimed: this kernel does not heed the driver_override that the module sets; build the module with the headers of this very kernel, or, if it was, report the kernel\n");
	return gpupt_override_works();
}

static int refuse(struct gpupt_card *card, bool force)
{
	struct pci_dev *gpu = card->gpu->pdev;

	if (!may_hold(gpu, true))
		return -EOPNOTSUPP;
	if (is_kdump_kernel()) {
		gpupt_warn(gpu, "not claimed: this is a crash kernel, which has a dump to save\n");
		return -EOPNOTSUPP;
	}
	if (!force && !is_granted(gpu) && is_only_display(gpu)) {
		gpupt_warn(gpu, "not claimed: the host has no other display; write force to gpupt_claim, or claim=...,force when the module is loaded, to do without one\n");
		return -EBUSY;
	}
	if (gpupt_card_has_vfs(card, "claimed"))
		return -EBUSY;
	if (!have_vfio_pci())
		request_module(VFIO_PCI);
	if (!have_vfio_pci()) {
		gpupt_warn(gpu, "not bound to vfio-pci, which is not loaded; modprobe vfio-pci\n");
		return -ENODEV;
	}
	return 0;
}

static int hand_to_vfio(struct gpupt_handover *h)
{
	struct pci_dev *gpu = h->card->gpu->pdev;
	unsigned int fn;
	int ret;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		h->to[fn] = (struct gpupt_binding){ .driver = VFIO_PCI, .override = VFIO_PCI };
	ret = gpupt_handover_run(h);
	if (ret == -EIO)
		gpupt_err(gpu, "not claimed: vfio-pci did not take every function, its reason is above%s\n",
			  device_iommu_mapped(&gpu->dev) ? "" :
			  "; there is no IOMMU, switch VT-d or AMD-Vi on in the firmware");
	return ret;
}

/* Return: the log has it already that a driver of the card is waited for. */
static bool waits(struct pci_dev *gpu)
{
	struct claim *claim;
	bool does;

	mutex_lock(&claims_lock);
	claim = find(gpu);
	does = claim && claim->waits;
	mutex_unlock(&claims_lock);
	return does;
}

static int take(struct gpupt_card *card, bool force, bool quiet)
{
	struct pci_dev *gpu = card->gpu->pdev;
	struct claim *claim, *fresh;
	struct gpupt_handover *h;
	int ret;

	ret = refuse(card, force);
	if (ret)
		return ret;
	h = gpupt_handover_create(card, true);
	fresh = create(gpu);
	if (h && quiet) {
		h->quiet = true;
		h->patience_ms = GPUPT_LOCK_SHORT_MS;
	}
	ret = h && fresh ? hand_to_vfio(h) : -ENOMEM;
	if (ret)
		goto out_free;

	mutex_lock(&claims_lock);
	claim = find(gpu);
	if (!claim) {
		claim = fresh;
		fresh = NULL;
		list_add_tail(&claim->node, &claims);
	}
	keep(claim, card, h->rebind.before);
	mutex_unlock(&claims_lock);
	gpupt_inform_warn(gpu);
out_free:
	kfree(fresh);
	kfree(h);
	return ret;
}

/* --- giving back --- */

/* A function that came since it was claimed never had another driver. */
static struct gpupt_binding wish(const struct claim *claim, struct pci_dev *pdev, unsigned int fn)
{
	struct gpupt_binding to = { .any = true };

	if (claim->id[fn])
		to = claim->former[fn];
	if (to.driver[0] && !driver_find(to.driver, &pci_bus_type)) {
		gpupt_warn(pdev, "given back to no driver: %s, which it had, is not loaded any more\n",
			   to.driver);
		to.driver[0] = '\0';
		to.any = true;
	}
	return to;
}

static int give_back(struct gpupt_card *card)
{
	struct gpupt_handover *h = gpupt_handover_create(card, false);
	struct pci_dev *gpu = card->gpu->pdev;
	struct claim *claim;
	unsigned int fn;
	int ret = 0;

	if (!h)
		return -ENOMEM;
	mutex_lock(&claims_lock);
	claim = find(gpu);
	for (fn = 0; fn < GPUPT_FUNCTIONS && claim; fn++)
		if (card->pci.fn[fn].pdev)
			h->to[fn] = wish(claim, card->pci.fn[fn].pdev, fn);
	mutex_unlock(&claims_lock);
	if (!claim)
		goto out_free;

	ret = gpupt_handover_run(h);
	if (ret == -EIO)
		gpupt_err(gpu, "still claimed: a former driver did not take its function, its reason is above; reset the card (echo 1 > gpupt_reset) and try again\n");
	if (ret)
		goto out_free;
	kfree(unlist(gpu));
	gpupt_info(gpu, "given back\n");
out_free:
	kfree(h);
	return ret;
}

/* --- one at a time --- */

static struct gpupt_card *begin(struct gpupt_device *gpu)
{
	struct gpupt_card *card;

	if (test_and_set_bit_lock(GPUPT_DEVICE_ASKED, &gpu->flags))
		return ERR_PTR(-EBUSY);
	card = gpupt_replace_under_way(gpu->pdev) ? ERR_PTR(-EBUSY)
						  : gpupt_card_get(gpu) ?: ERR_PTR(-ENOMEM);
	if (IS_ERR(card))
		clear_bit_unlock(GPUPT_DEVICE_ASKED, &gpu->flags);
	return card;
}

static void end(struct gpupt_card *card)
{
	struct gpupt_device *gpu = card->gpu;

	gpupt_card_put(card);
	clear_bit_unlock(GPUPT_DEVICE_ASKED, &gpu->flags);
}

static int asked(struct gpupt_device *gpu, bool claim, bool force)
{
	struct gpupt_card *card = begin(gpu);
	int ret;

	if (IS_ERR(card)) {
		if (card == ERR_PTR(-EBUSY))
			gpupt_warn(gpu->pdev, "it is being reset or claimed, try again\n");
		return PTR_ERR(card);
	}
	ret = claim ? take(card, force, false) : give_back(card);
	end(card);
	return ret == -EAGAIN ? -EBUSY : ret;
}

int gpupt_claim_take(struct gpupt_device *gpu, bool force)
{
	return asked(gpu, true, force);
}

int gpupt_claim_give_back(struct gpupt_device *gpu)
{
	return asked(gpu, false, false);
}

static bool is_kept(struct pci_dev *pdev)
{
	char driver[GPUPT_DRIVER_LEN];

	gpupt_hw_pci_driver(pdev, driver, sizeof(driver));
	return !driver[0] || !strcmp(driver, VFIO_PCI);
}

bool gpupt_claim_holds(struct gpupt_device *gpu)
{
	struct pci_dev *pdev;
	unsigned int fn;
	bool holds = is_claimed(gpu->pdev);

	for (fn = 0; fn < GPUPT_FUNCTIONS && holds; fn++) {
		pdev = pci_get_slot(gpu->pdev->bus, PCI_DEVFN(PCI_SLOT(gpu->pdev->devfn), fn));
		holds = !pdev || is_kept(pdev);
		pci_dev_put(pdev);
	}
	return holds;
}

/* --- at the start, and when a card is found later --- */

static bool is_wanted(struct pci_dev *gpu, bool say)
{
	int domain = pci_domain_nr(gpu->bus);
	u8 slot = PCI_SLOT(gpu->devfn);

	if (is_kdump_kernel())
		return false;
	if (gpupt_param_list_denies(&wanted, domain, gpu->bus->number, slot, gpu->vendor,
				    gpu->device)) {
		if (say)
			gpupt_err(gpu, "not claimed: claim= names another card in this slot, this is %04x:%04x; if the cards were moved, correct claim=\n",
				  gpu->vendor, gpu->device);
		return false;
	}
	return (wanted_all && gpu != vga_default_device()) ||
	       gpupt_param_list_has(&wanted, domain, gpu->bus->number, slot, gpu->vendor,
				    gpu->device);
}

static void settle_all(struct work_struct *work);
static DECLARE_DELAYED_WORK(settle_work, settle_all);
/* Set from gpupt_claim_start() to gpupt_claim_stop(), and only then is it queued. */
static bool started;

static void settle_later(unsigned int ms)
{
	lockdep_assert_held(&claims_lock);
	if (started)
		gpupt_later_queue(&settle_work, ms);
}

/**
 * enlist() - put a function under the claim on its card, which is made if it is wanted
 * @pdev: the function
 * @former: whose it was, or NULL when that is not known yet
 * @wish: the card is to be claimed
 * @ended: a claim on another card in this slot, for end_claim(), or NULL
 *
 * Return: false when there is no claim on the card.
 */
static bool enlist(struct pci_dev *pdev, const struct gpupt_binding *former, bool wish,
		   struct claim **ended)
{
	unsigned int fn = PCI_FUNC(pdev->devfn);
	u32 id = gpupt_function_id(pdev);
	struct claim *claim;

	*ended = NULL;
	mutex_lock(&claims_lock);
	claim = find(pdev);
	if (claim && claim->id[fn] && claim->id[fn] != id) {
		list_del(&claim->node);
		*ended = claim;
		claim = NULL;
	}
	if (!claim && wish) {
		claim = create(pdev);
		if (claim)
			list_add_tail(&claim->node, &claims);
	}
	if (claim) {
		claim->settled = false;
		claim->told = false;
		if (former && !claim->id[fn]) {
			claim->id[fn] = id;
			claim->former[fn] = *former;
			claim->former[fn].any = !former->driver[0];
		}
		settle_later(0);
	}
	mutex_unlock(&claims_lock);
	return claim;
}

/*
 * A function that a driver is just taking or letting go is left as it is: the work item waits
 * for that driver, and here the whole bus would.
 */
static void hold(struct pci_dev *pdev, bool wish)
{
	struct gpupt_binding now;
	struct claim *ended;
	bool idle, held;

	idle = !gpupt_hw_pci_binding(pdev, &now, GPUPT_LOCK_SHORT_MS);
	held = enlist(pdev, idle ? &now : NULL, wish, &ended);
	if (ended)
		gpupt_warn(pdev, "another card is in this slot now, so the claim on the former one ends\n");
	end_claim(ended);
	if (wish && !held)
		gpupt_err(pdev, "not claimed: out of memory; write 1 to gpupt_claim\n");
	if (!held || !idle)
		return;
	if (gpupt_set_driver_override(pdev, VFIO_PCI))
		gpupt_warn(pdev, "other drivers are not kept off it yet\n");
	/* The claim may have been ended, with the override not set yet. */
	else if (!is_claimed(pdev))
		give_override_back(pdev, &now);
}

void gpupt_claim_adopt(struct pci_dev *pdev)
{
	struct pci_dev *gpu = gpupt_device_get_gpu(pdev);
	bool wish;

	if (!gpu)
		return;
	wish = is_wanted(gpu, pdev == gpu) && may_hold(gpu, pdev == gpu);
	if (wish || is_claimed(pdev))
		hold(pdev, wish);
	pci_dev_put(gpu);
}

/* Those that could not be settled are tried once more. */
static void begin_round(void)
{
	struct claim *claim;

	mutex_lock(&claims_lock);
	list_for_each_entry(claim, &claims, node) {
		claim->settled &= !claim->again;
		claim->again = false;
	}
	mutex_unlock(&claims_lock);
}

/* Return: GPU of a claim that is to be settled, referenced, or NULL. */
static struct pci_dev *next_unsettled(void)
{
	struct pci_dev *gpu = NULL;
	struct claim *claim;

	mutex_lock(&claims_lock);
	list_for_each_entry(claim, &claims, node) {
		if (claim->settled)
			continue;
		claim->settled = true;
		gpu = get_function(claim, 0);
		if (gpu)
			break;
	}
	mutex_unlock(&claims_lock);
	return gpu;
}

/* @waits: for a driver, which the log has */
static void try_again(struct pci_dev *gpu, bool waits)
{
	struct claim *claim;

	mutex_lock(&claims_lock);
	claim = find(gpu);
	if (claim) {
		claim->again = true;
		claim->waits |= waits;
		settle_later(RETRY_MS);
	}
	mutex_unlock(&claims_lock);
}

/* It cannot be claimed, so it is the host's: also a driver that came in between. */
static void give_up(struct gpupt_card *card)
{
	unsigned int fn;

	end_claim(unlist(card->gpu->pdev));
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct pci_dev *pdev = card->pci.fn[fn].pdev;

		/* What a driver has the lock of is not without one. */
		if (!pdev || !device_is_registered(&pdev->dev) ||
		    !gpupt_lock(&pdev->dev, GPUPT_LOCK_MS))
			continue;
		device_unlock(&pdev->dev);
		if (device_attach(&pdev->dev) < 0)
			gpupt_dbg(pdev, "its driver did not take it\n");
	}
}

static void settle(struct gpupt_device *gpu)
{
	struct gpupt_card *card = begin(gpu);
	bool quiet = waits(gpu->pdev);
	int ret;

	if (IS_ERR(card)) {
		try_again(gpu->pdev, false);
		return;
	}
	/* It may have been given back since. */
	ret = is_claimed(gpu->pdev) ? take(card, wanted_force, quiet) : 0;
	/* A card that is gone is claimed when it is found again. */
	if (!ret || !device_is_registered(&gpu->pdev->dev))
		goto out;
	if (ret == -EAGAIN) {
		if (!quiet)
			gpupt_info(gpu->pdev, "claimed as soon as that is over\n");
		try_again(gpu->pdev, true);
	} else if (ret != -ENODEV) {
		give_up(card);
	/* Without vfio-pci others are kept off until it is loaded, and then it binds. */
	} else if (!have_vfio_pci()) {
		aperture_remove_conflicting_pci_devices(gpu->pdev, "gpupt_reset");
	/* It came, or another function went, just now. */
	} else {
		try_again(gpu->pdev, false);
	}
out:
	end(card);
}

static void settle_card(struct pci_dev *pdev)
{
	struct gpupt_device *gpu = gpupt_device_find(pdev);

	if (!gpu)
		return;
	settle(gpu);
	gpupt_device_put(gpu);
}

/*
 * Of several displays that are wanted the first is the host's. Tasks of the cards run side by
 * side, so that is decided here, one by one, before the task of each begins.
 */
static void spare_only_display(struct pci_dev *gpu)
{
	bool spared = !wanted_force && !is_granted(gpu) && is_only_display(gpu);
	struct claim *claim;

	mutex_lock(&claims_lock);
	claim = find(gpu);
	if (claim)
		claim->spared = spared;
	mutex_unlock(&claims_lock);
}

/* Each card in a task of its own: its drivers may take their time. */
static void settle_all(struct work_struct *work)
{
	struct pci_dev *gpu;

	/* Unloading in between is refused. */
	if (!try_module_get(THIS_MODULE))
		return;
	/* Until all functions of a card that is being found have been. */
	pci_lock_rescan_remove();
	pci_unlock_rescan_remove();
	begin_round();
	while ((gpu = next_unsettled())) {
		spare_only_display(gpu);
		if (gpupt_later(settle_card, gpu))
			try_again(gpu, false);
		pci_dev_put(gpu);
	}
	module_put(THIS_MODULE);
}

static bool is_there(const struct gpupt_match *m)
{
	struct pci_dev *pdev = NULL;
	bool is;

	if (m->by_place) {
		pdev = pci_get_domain_bus_and_slot(m->domain, m->bus, PCI_DEVFN(m->slot, 0));
		is = pdev && gpupt_device_is_gpu(pdev);
	} else {
		do {
			pdev = pci_get_device(m->vendor, m->device, pdev);
			is = pdev && gpupt_device_is_gpu(pdev);
		} while (pdev && !is);
	}
	pci_dev_put(pdev);
	return is;
}

static void name_absent(void)
{
	unsigned int i;

	for (i = 0; i < wanted.count; i++) {
		const struct gpupt_match *m = &wanted.entry[i];

		if (is_there(m))
			continue;
		if (m->by_place)
			pr_warn("gpupt_reset: claim= names %04x:%02x:%02x, where there is no NVIDIA GPU; one that comes later is claimed\n",
				m->domain, m->bus, m->slot);
		else
			pr_warn("gpupt_reset: claim= names the ID %04x:%04x, which no NVIDIA GPU here has; one that comes later is claimed\n",
				m->vendor, m->device);
	}
}

void gpupt_claim_start(void)
{
	if (is_kdump_kernel() && (wanted_all || wanted.count))
		pr_info("gpupt_reset: this is a crash kernel, which has a dump to save: no card is claimed\n");
	else
		name_absent();
	mutex_lock(&claims_lock);
	started = true;
	if (!list_empty(&claims))
		settle_later(0);
	mutex_unlock(&claims_lock);
}

void gpupt_claim_stop(void)
{
	struct claim *claim, *next;
	LIST_HEAD(ended);

	mutex_lock(&claims_lock);
	started = false;
	mutex_unlock(&claims_lock);
	cancel_delayed_work_sync(&settle_work);
	gpupt_later_flush();
	mutex_lock(&claims_lock);
	list_splice_init(&claims, &ended);
	mutex_unlock(&claims_lock);
	list_for_each_entry_safe(claim, next, &ended, node)
		end_claim(claim);
}
