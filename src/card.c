// SPDX-License-Identifier: GPL-2.0
/*
 * A card while it is being reset: joins records, facts, policy and engine, and says
 * in the log what became of it.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "gpupt/card.h"
#include "gpupt/device.h"
#include "gpupt/facts.h"
#include "gpupt/link.h"
#include "gpupt/log.h"
#include "gpupt/param.h"
#include "gpupt/policy.h"
#include "gpupt/port_errors.h"
#include "gpupt/verify.h"
#include "trace.h"

static bool gb202_flr;
module_param(gb202_flr, bool, 0444);
MODULE_PARM_DESC(gb202_flr, "use FLR also on GB202 (RTX 5090, RTX PRO 6000), which was seen not to come back from it (default: N)");

/* Cards whose BAR0 is never read. */
static struct gpupt_match_list config_only;
static bool all_config_only;

static int set_verify(const char *val, const struct kernel_param *kp)
{
	bool listed = !strncmp(val, "config:", strlen("config:"));
	bool all = sysfs_streq(val, "config");
	int ret;

	if (!listed && !all && !sysfs_streq(val, "full")) {
		pr_err("gpupt_reset: verify=%s is not understood, use full, config, or config: and entries like 01:00 or 10de:1b38, separated by commas\n",
		       val);
		return -EINVAL;
	}
	ret = gpupt_param_parse_list("verify", "", listed ? val + strlen("config:") : "",
				     &config_only);
	if (ret < 0)
		return ret;
	/* Any card may be meant, and some do not bear to be read. */
	all_config_only = all || ret || (listed && !config_only.count);
	if (all_config_only && listed)
		pr_warn("gpupt_reset: verify= does not name every card that is meant, so the registers of none are read\n");
	return 0;
}

static const struct kernel_param_ops verify_ops = {
	.set = set_verify,
	.free = gpupt_param_free_list,
};

module_param_cb(verify, &verify_ops, &config_only, 0);
MODULE_PARM_DESC(verify, "full (default); config: read no BAR0 of any card; config:LIST: of none of these cards, by slot ([dddd:]bb:dd) or ID (vvvv:dddd), comma separated");

/* Says why not, once for each card. */
static bool bar0_is_off_limits(const struct gpupt_card *card)
{
	struct pci_dev *gpu = card->gpu->pdev;

	if (all_config_only ||
	    gpupt_param_list_has(&config_only, pci_domain_nr(gpu->bus), gpu->bus->number,
				 PCI_SLOT(gpu->devfn), gpu->vendor, gpu->device))
		return true;
	if (gpupt_port_errors_are_harmless(card->pci.port))
		return false;
	if (!test_and_set_bit(GPUPT_DEVICE_TOLD, &card->gpu->flags))
		gpupt_info(gpu, "firmware hears of PCIe errors at the ports above, so its registers are not read, and a reset is verified by config space alone\n");
	return true;
}

struct gpupt_card *gpupt_card_get(struct gpupt_device *gpu)
{
	struct gpupt_card *card = kzalloc(sizeof(*card), GFP_KERNEL);
	struct gpupt_status status;
	unsigned int fn;

	if (!card)
		return NULL;
	card->gpu = gpu;
	gpupt_hw_pci_init(&card->pci, gpu->pdev);
	status = gpupt_device_status(gpu);
	card->pci.hw.link = status.link;
	card->pci.hw.hda = status.hda;
	card->pci.fenced = test_bit(GPUPT_DEVICE_FENCED, &gpu->flags);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		if (!card->pci.fn[fn].pdev)
			continue;
		/* The kernel found it, so it was turned on, seen alive by us or not. */
		if (card->pci.fn[fn].pdev->class >> 8 == PCI_CLASS_MULTIMEDIA_HD_AUDIO)
			card->pci.hw.hda = true;
		card->record[fn] = gpupt_device_find(card->pci.fn[fn].pdev);
		if (!card->record[fn])
			continue;
		card->pci.fn[fn].snapshot = &card->record[fn]->snapshot;
		card->pci.fn[fn].idle_enables = card->record[fn]->idle_enables;
	}
	return card;
}

void gpupt_card_put(struct gpupt_card *card)
{
	unsigned int fn;

	gpupt_hw_pci_fini(&card->pci);
	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++)
		if (card->record[fn])
			gpupt_device_put(card->record[fn]);
	kfree(card);
}

unsigned int gpupt_card_ladder(struct gpupt_card *card, u8 *ladder)
{
	struct gpupt_facts facts;

	gpupt_hw_pci_facts(&card->pci, &facts);
	facts.flr_wanted = gb202_flr;
	return gpupt_policy_ladder(card->gpu->model, &facts, ladder);
}

unsigned int gpupt_card_rungs(struct gpupt_device *gdev, u8 *ladder)
{
	struct gpupt_card *card = gpupt_card_get(gdev);
	unsigned int n;

	memset(ladder, GPUPT_RUNG_NONE, GPUPT_LADDER_LEN);
	if (!card)
		return 0;
	n = gpupt_card_ladder(card, ladder);
	gpupt_card_put(card);
	return n;
}

static struct gpupt_card *hw_to_card(struct gpupt_hw *hw)
{
	return container_of(hw, struct gpupt_card, pci.hw);
}

void gpupt_card_rung_begins(struct gpupt_hw *hw, unsigned int rung)
{
	struct pci_dev *pdev = hw_to_card(hw)->gpu->pdev;

	trace_gpupt_rung_begin(pdev, rung);
	gpupt_dbg(pdev, "%s begins\n", gpupt_rung_name(rung));
}

void gpupt_card_rung_ended(struct gpupt_hw *hw, unsigned int rung, int result, u32 ms)
{
	struct pci_dev *pdev = hw_to_card(hw)->gpu->pdev;

	trace_gpupt_rung_end(pdev, rung, result, ms);
	gpupt_dbg(pdev, "%s ended after %u ms: %d\n", gpupt_rung_name(rung), ms, result);
}

static const struct gpupt_reset_observer observer = {
	.begin = gpupt_card_rung_begins,
	.end = gpupt_card_rung_ended,
};

static unsigned int link_width(u16 link)
{
	return FIELD_GET(PCI_EXP_LNKSTA_NLW, link);
}

static unsigned int link_speed(u16 link)
{
	return FIELD_GET(PCI_EXP_LNKSTA_CLS, link);
}

/* @known is of when the card was last seen alive, @before of just before a bus reset. */
static void log_link(struct pci_dev *pdev, u16 known, u16 before, u16 after)
{
	if (gpupt_link_is_narrower(known, after))
		gpupt_warn(pdev, "link came back as x%u, it was x%u, and training it again did not help; reseat the card or power the host off and on\n",
			   link_width(after), link_width(known));
	else if (gpupt_link_is_slower(before, after))
		gpupt_info(pdev, "link came back at PCIe generation %u, it was at %u before the bus reset; an idle card lowers it by itself\n",
			   link_speed(after), link_speed(before));
}

static const char * const sign_words[GPUPT_SIGNS] = { "boot", "wpr2", "mark" };

size_t gpupt_card_sign_words(u8 signs, char *buf, size_t len)
{
	unsigned int i;
	size_t n = 0;

	buf[0] = '\0';
	for (i = 0; i < GPUPT_SIGNS; i++)
		if (signs & BIT(i))
			n += scnprintf(buf + n, len - n, "%s%s", n ? " " : "", sign_words[i]);
	return n;
}

/* Signs that do not count against the card, so that the user can. */
static void log_signs(struct pci_dev *pdev, const struct gpupt_outcome *out)
{
	char words[GPUPT_SIGN_WORDS];

	if (out->missed && gpupt_card_sign_words(out->missed, words, sizeof(words)))
		gpupt_info(pdev, "not seen: %s; this card has not shown it after such a reset before, so the reset counts; write bus to gpupt_reset if the driver fails\n",
			   words);
	if (out->unread && gpupt_card_sign_words(out->unread, words, sizeof(words)))
		gpupt_dbg(pdev, "cannot be read: %s\n", words);
}

/* What the user can do about a reset that failed. */
static const char *advice(const struct gpupt_card *card, const struct gpupt_outcome *out)
{
	if (card->power_left && out->declined != -EBUSY)
		return "write 1 to gpupt_reset, which can also switch its slot off and on";
	if (out->sec_fault)
		return "a security fault locked it up, power the host off for 30 s";
	if (out->declined == -EBUSY)
		return "free the function named above and write 1 to gpupt_reset";
	if (card->bus_left)
		return "write 1 to gpupt_reset, which also resets its bus";
	if (card->narrowed)
		return "write 1 to gpupt_reset for every rung that the card may use";
	return "power the host off for 30 s";
}

/*
 * VFIO asks for the GPU alone while the other functions of a machine are open, and resets
 * the bus by itself afterwards. So a function in use is told of when the user asks, or when
 * another rung was tried in vain.
 */
static void log_busy(struct pci_dev *pdev, const struct gpupt_card *card,
		     const struct gpupt_outcome *out)
{
	if (!card->pci.busy[0])
		return;
	if (out->rung || !card->by_kernel)
		gpupt_warn(pdev, "no bus reset: %s\n", card->pci.busy);
	else
		gpupt_dbg(pdev, "no bus reset: %s\n", card->pci.busy);
}

static void log_outcome(struct pci_dev *pdev, const struct gpupt_card *card,
			const struct gpupt_outcome *out)
{
	if (out->result)
		log_busy(pdev, card, out);
	if (!out->result && out->boot0)
		gpupt_info(pdev, "reset by %s in %u ms, card verified alive (PMC_BOOT_0 %#010x)\n",
			   gpupt_rung_name(out->rung), out->ms, out->boot0);
	else if (!out->result)
		gpupt_info(pdev, "reset by %s in %u ms, card verified by config space\n",
			   gpupt_rung_name(out->rung), out->ms);
	else if (out->rung && out->advisory)
		gpupt_err(pdev, "reset failed after %u ms: %pe, the card answers, but its firmware is not as after a reset; %s\n",
			  out->ms, ERR_PTR(out->result), advice(card, out));
	else if (out->rung)
		gpupt_err(pdev, "reset failed after %u ms: %pe, the card was not seen alive; %s\n",
			  out->ms, ERR_PTR(out->result), advice(card, out));
	else if (out->result == -ENODEV)
		gpupt_err(pdev, "not reset: the card does not answer; %s\n",
			  advice(card, out));
}

/* Were all rungs tried that the caller could use? */
static bool was_exhausted(const struct gpupt_card *card, const struct gpupt_outcome *out)
{
	return out->result && !card->narrowed && !card->bus_left && out->declined != -EBUSY;
}

void gpupt_card_note(struct gpupt_device *gpu, const struct gpupt_card *card,
		     const struct gpupt_outcome *out)
{
	u16 link_known;

	trace_gpupt_reset_end(gpu->pdev, out->rung, out->result, out->ms);
	log_outcome(gpu->pdev, card, out);
	/* Nothing was tried: the card is what it was. */
	if (!out->rung)
		return;

	spin_lock(&gpu->lock);
	gpu->status.last = *out;
	gpu->status.resets++;
	gpu->status.exhausted = was_exhausted(card, out) && !card->power_left;
	link_known = gpu->status.link;
	gpu->status.trusted |= out->shown;
	if (out->rung == GPUPT_RUNG_FLR)
		gpu->status.trusted_flr |= out->shown;
	gpu->status.vain |= out->missed | out->unread;
	if (!out->result && out->rung != GPUPT_RUNG_FLR)
		gpu->status.climbed = false;
	else if (card->by_kernel && out->climbed)
		gpu->status.climbed = out->result;
	if (out->result) {
		gpu->status.failures++;
	} else {
		if (out->boot0)
			gpu->status.boot0 = out->boot0;
		gpu->status.link = out->link;
	}
	spin_unlock(&gpu->lock);

	if (out->result)
		return;
	log_link(gpu->pdev, link_known, out->link_before, out->link);
	log_signs(gpu->pdev, out);
}

/* A hang and a loss of power look alike from config space: all-ones. */
static void log_loss(struct gpupt_card *card)
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

/* In use as far as that can be told without its lock: a hint. */
static bool is_shared(const struct gpupt_card *card)
{
	unsigned int fn;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		const struct gpupt_hw_pci_fn *f = &card->pci.fn[fn];

		if (f->pdev && fn != card->pci.hw.gpu && !(card->pci.borrowed & BIT(fn)) &&
		    gpupt_hw_pci_is_open(f->pdev, f->idle_enables))
			return true;
	}
	return false;
}

/* One that no register reads by itself: not zero, all-ones or a PRI error. */
static u32 random_mark(void)
{
	return 0x40000000 | get_random_u32() >> 2;
}

struct gpupt_reset_request gpupt_card_request(const struct gpupt_card *card, const u8 *ladder)
{
	struct gpupt_status status = gpupt_device_status(card->gpu);

	return (struct gpupt_reset_request){
		.model = card->gpu->model,
		.ladder = ladder,
		.boot0 = status.boot0,
		.trusted = status.trusted,
		.trusted_flr = status.trusted_flr,
		.shared = is_shared(card),
		.vain = status.vain,
		.mark = random_mark(),
		.config_only = bar0_is_off_limits(card),
		.content = card->by_kernel && (card->gpu->model->by_capability || status.climbed),
		.content_flr = card->by_kernel && card->gpu->model->by_capability,
		.budget_ms = GPUPT_CARD_BUDGET_MS,
		.observer = &observer,
	};
}

bool gpupt_card_begin(struct gpupt_card *card)
{
	device_lock_assert(&card->gpu->pdev->dev);
	return !test_and_set_bit_lock(GPUPT_DEVICE_BUSY, &card->gpu->flags);
}

void gpupt_card_end(struct gpupt_card *card)
{
	device_lock_assert(&card->gpu->pdev->dev);
	clear_bit_unlock(GPUPT_DEVICE_BUSY, &card->gpu->flags);
}

int gpupt_card_verify(struct gpupt_card *card, struct gpupt_outcome *out)
{
	struct gpupt_reset_request request = gpupt_card_request(card, NULL);

	/* Nothing was reset, so there is nothing to wait for. */
	request.budget_ms = 0;
	return gpupt_reset_verify(&card->pci.hw, &request, out);
}

int gpupt_card_climb(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	struct gpupt_reset_request request = gpupt_card_request(card, ladder);
	int ret;

	memset(out, 0, sizeof(*out));
	ret = gpupt_hw_pci_begin(&card->pci);
	if (ret) {
		out->result = ret;
		out->declined = ret;
		return ret;
	}
	log_loss(card);
	ret = gpupt_reset_run(&card->pci.hw, &request, out);
	gpupt_hw_pci_end(&card->pci, !ret);
	return ret;
}

static bool is_silent(struct gpupt_card *card)
{
	return !gpupt_hw_fn_answers(&card->pci.hw, card->pci.hw.gpu);
}

void gpupt_card_settle(struct gpupt_card *card, const struct gpupt_outcome *out)
{
	gpupt_card_note(card->gpu, card, out);
	if (!out->result)
		gpupt_device_unfence(card->gpu);
	else if (out->rung && was_exhausted(card, out) && is_silent(card))
		gpupt_device_fence(card->gpu);
}

int gpupt_card_run(struct gpupt_card *card, const u8 *ladder, struct gpupt_outcome *out)
{
	int ret;

	memset(out, 0, sizeof(*out));
	/* The GPU's lock is ours, so whoever has this is about to take the card off the bus. */
	if (!gpupt_card_begin(card))
		return -EAGAIN;
	ret = gpupt_card_climb(card, ladder, out);
	if (ret != -ENOMEM)
		gpupt_card_settle(card, out);
	gpupt_card_end(card);
	return ret;
}

#define POLL_MS		10

static bool try_lock(struct pci_dev *pdev, unsigned long deadline)
{
	while (!device_trylock(&pdev->dev)) {
		if (time_after_eq(jiffies, deadline))
			return false;
		msleep(POLL_MS);
	}
	return true;
}

/* -EBUSY, and one line that names the user, when a function of the card is in use. */
static int check_idle(struct gpupt_card *card, unsigned long deadline)
{
	char words[GPUPT_USER_WORDS];
	unsigned int fn;
	bool used;

	for (fn = 0; fn < GPUPT_FUNCTIONS; fn++) {
		struct pci_dev *pdev = card->pci.fn[fn].pdev;

		if (!pdev)
			continue;
		if (!(card->pci.borrowed & BIT(fn)) && !try_lock(pdev, deadline)) {
			gpupt_warn(card->gpu->pdev, "not reset: %s is busy, try again\n",
				   pci_name(pdev));
			return -EBUSY;
		}
		used = gpupt_hw_pci_user(pdev, card->pci.fn[fn].idle_enables, words,
					 sizeof(words));
		if (!(card->pci.borrowed & BIT(fn)))
			device_unlock(&pdev->dev);
		if (used) {
			gpupt_warn(card->gpu->pdev, "not reset: %s\n", words);
			return -EBUSY;
		}
	}
	return 0;
}

bool gpupt_card_has_vfs(struct gpupt_card *card, const char *refused)
{
	struct pci_dev *gpu = card->gpu->pdev;
	int n = pci_num_vf(gpu);

	if (!n)
		return false;
	if (gpupt_hw_pci_can_end_vfs(gpu))
		gpupt_warn(gpu, "not %s: it has %d virtual functions; stop their users and write 0 to sriov_numvfs first\n",
			   refused, n);
	else
		gpupt_warn(gpu, "not %s: it has %d virtual functions, which a former driver left enabled; stop their users, bind that driver (nvidia) again and write 0 to sriov_numvfs, which does nothing without it, or reboot the host\n",
			   refused, n);
	return true;
}

int gpupt_card_lock_idle(struct gpupt_card *card, unsigned int patience_ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(patience_ms);
	struct pci_dev *pdev = card->gpu->pdev;
	int ret;

	pm_runtime_get_sync(&pdev->dev);
	while (!pci_dev_trylock(pdev)) {
		if (time_before(jiffies, deadline)) {
			msleep(POLL_MS);
			continue;
		}
		gpupt_warn(pdev, "not reset: it is busy, try again\n");
		ret = -EBUSY;
		goto err_put_runtime;
	}
	ret = device_is_registered(&pdev->dev) ? 0 : -ENODEV;
	card->pci.borrowed = BIT(card->pci.hw.gpu);
	if (!ret)
		ret = check_idle(card, deadline);
	if (!ret && gpupt_card_has_vfs(card, "reset"))
		ret = -EBUSY;
	if (!ret)
		return 0;

	pci_dev_unlock(pdev);
err_put_runtime:
	pm_runtime_put(&pdev->dev);
	return ret;
}

void gpupt_card_unlock(struct gpupt_card *card)
{
	pci_dev_unlock(card->gpu->pdev);
	pm_runtime_put(&card->gpu->pdev->dev);
}
