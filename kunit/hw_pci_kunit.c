// SPDX-License-Identifier: GPL-2.0
/*
 * The engine over real functions: locks, hot-plug, error reporting, the kernel's saved
 * state and BAR0 on every way in and out. What the engine decides is reset_kunit.c's.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/kthread.h>
#include <linux/pci.h>
#include <linux/pci_hotplug.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/compat.h"
#include "gpupt/facts.h"
#include "gpupt/hw_pci.h"
#include "gpupt/model.h"
#include "gpupt/reset.h"

#define AER(reg)	(FAKE_BUS_PORT_AER + (reg))
#define SLTSTA		(FAKE_BUS_PORT_EXP + PCI_EXP_SLTSTA)
#define ALL_RUNGS	{ GPUPT_RUNG_FLR, GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG }

static const u8 flr[GPUPT_LADDER_LEN] = { GPUPT_RUNG_FLR };
static const u8 bus[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS };
static const u8 bus_then_long[GPUPT_LADDER_LEN] = { GPUPT_RUNG_BUS, GPUPT_RUNG_BUS_LONG };
static const u8 in_place[GPUPT_LADDER_LEN] = ALL_RUNGS;

static struct fake_bus_slot *slot;
static struct pci_dev *gpu, *port;
/* Too large for the stack. */
static struct gpupt_hw_pci card;
static struct gpupt_snapshot snapshots[FAKE_BUS_FUNCTIONS];
static struct gpupt_outgrown outgrown[FAKE_BUS_FUNCTIONS];

/* The kernel had each function set like this when it worked. */
static void set_config(void)
{
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		struct pci_dev *pdev = fake_bus_function(slot, fn);

		if (!pdev)
			continue;
		pci_write_config_word(pdev, PCI_COMMAND,
				      PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR);
		pci_write_config_byte(pdev, PCI_CACHE_LINE_SIZE, 0x10 + fn);
		pcie_capability_write_word(pdev, PCI_EXP_LNKCTL, 0x0140);
	}
}

static void insert(struct kunit *test, const struct fake_bus_card *kind)
{
	unsigned int fn;

	fake_bus_create(test, kind, NULL);
	slot = fake_bus_slot(test, 0);
	gpu = fake_bus_function(slot, 0);
	port = fake_bus_port(slot);
	set_config();
	gpupt_hw_pci_init(&card, gpu);
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		if (!card.fn[fn].pdev)
			continue;
		card.fn[fn].snapshot = &snapshots[fn];
		KUNIT_ASSERT_EQ(test, gpupt_core_state_widen(&outgrown[fn], card.fn[fn].pdev), 0);
	}
	card.hw.hda = true;
}

static int set_up(struct kunit *test)
{
	gpu = NULL;
	return 0;
}

static void tear_down(struct kunit *test)
{
	unsigned int fn;

	fake_driver_stop(&fake_vfio);
	fake_driver_stop(&fake_host);
	if (gpu)
		gpupt_hw_pci_fini(&card);
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		gpupt_snapshot_free(&snapshots[fn]);
		gpupt_core_state_forget(&outgrown[fn]);
		outgrown[fn] = (struct gpupt_outgrown){};
	}
	fake_bus_destroy(test);
}

static bool is_locked(struct pci_dev *pdev)
{
	return mutex_is_locked(&pdev->dev.mutex);
}

/* Nobody but the caller holds anything, and the port is as before. */
static void expect_released(struct kunit *test, u8 locked, bool port_locked)
{
	unsigned int fn;

	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++) {
		struct pci_dev *pdev = fake_bus_function(slot, fn);

		if (!pdev)
			continue;
		KUNIT_EXPECT_EQ_MSG(test, is_locked(pdev), !!(locked & BIT(fn)), "function %u", fn);
		KUNIT_EXPECT_FALSE(test, card.fn[fn].core.image);
	}
	KUNIT_EXPECT_EQ(test, is_locked(port), port_locked);
	KUNIT_EXPECT_FALSE(test, !!port->ignore_hotplug);
	KUNIT_EXPECT_EQ(test, card.held, 0);
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->port, AER(PCI_ERR_UNCOR_MASK), 4), 0x00400000U);
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->port, PCI_BRIDGE_CONTROL, 2) &
			PCI_BRIDGE_CTL_BUS_RESET, 0U);
}

/* As whoever asks for a reset of the GPU does it. */
static int run(struct kunit *test, const u8 *ladder, struct gpupt_outcome *out)
{
	struct gpupt_reset_request request = {
		.model = gpupt_model_find(gpu->device), .ladder = ladder, .budget_ms = 60000,
	};
	int ret;

	pci_dev_trylock(gpu);
	card.borrowed = BIT(0);
	memset(out, 0, sizeof(*out));
	fake_bus_arm(slot);
	ret = gpupt_hw_pci_begin(&card);
	if (!ret) {
		ret = gpupt_reset_run(&card.hw, &request, out);
		gpupt_hw_pci_end(&card, !ret);
	}
	fake_bus_disarm(slot);
	expect_released(test, BIT(0), false);
	pci_dev_unlock(gpu);
	return ret;
}

static void init_gathers_a_card(struct kunit *test)
{
	unsigned int fn;

	insert(test, &fake_bus_rtx2080);
	KUNIT_EXPECT_EQ(test, card.hw.present, 0xf);
	KUNIT_EXPECT_EQ(test, card.hw.gpu, 0);
	KUNIT_EXPECT_EQ(test, card.hw.port_exp, FAKE_BUS_PORT_EXP);
	KUNIT_EXPECT_TRUE(test, card.hw.port_link_report);
	KUNIT_EXPECT_PTR_EQ(test, card.port, port);
	for (fn = 0; fn < 4; fn++) {
		KUNIT_EXPECT_EQ(test, card.hw.fn[fn].id,
				fake_bus_get(&slot->fn[fn], PCI_VENDOR_ID, 4));
		KUNIT_EXPECT_EQ(test, card.hw.fn[fn].exp, 0x78);
		KUNIT_EXPECT_EQ(test, card.hw.fn[fn].header, 0);
		KUNIT_EXPECT_TRUE(test, gpupt_hw_fn_answers(&card.hw, fn));
	}
	KUNIT_EXPECT_FALSE(test, card.fn[4].pdev);
}

static void fini_puts_every_reference(struct kunit *test)
{
	unsigned int gpu_refs, port_refs, audio_refs;
	struct gpupt_hw_pci *second;

	insert(test, &fake_bus_gtx1080);
	second = kunit_kzalloc(test, sizeof(*second), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, second);
	gpu_refs = kref_read(&gpu->dev.kobj.kref);
	port_refs = kref_read(&port->dev.kobj.kref);
	audio_refs = kref_read(&fake_bus_function(slot, 1)->dev.kobj.kref);
	gpupt_hw_pci_init(second, gpu);
	KUNIT_EXPECT_GT(test, kref_read(&gpu->dev.kobj.kref), gpu_refs);
	gpupt_hw_pci_fini(second);
	KUNIT_EXPECT_EQ(test, kref_read(&gpu->dev.kobj.kref), gpu_refs);
	KUNIT_EXPECT_EQ(test, kref_read(&port->dev.kobj.kref), port_refs);
	KUNIT_EXPECT_EQ(test, kref_read(&fake_bus_function(slot, 1)->dev.kobj.kref), audio_refs);
}

static void ops_reach_registers_of_any_size(struct kunit *test)
{
	const struct gpupt_hw_ops *ops;
	struct gpupt_hw *hw = &card.hw;

	insert(test, &fake_bus_gtx1080);
	ops = hw->ops;
	KUNIT_EXPECT_EQ(test, ops->cfg_read(hw, 1, 0, 4), 0x10f010deU);
	KUNIT_EXPECT_EQ(test, ops->cfg_read(hw, 1, 2, 2), 0x10f0U);
	KUNIT_EXPECT_EQ(test, ops->cfg_read(hw, 1, 3, 1), 0x10U);
	KUNIT_EXPECT_EQ(test, ops->port_read(hw, 0, 4), 0x34208086U);
	KUNIT_EXPECT_EQ(test, ops->port_read(hw, 1, 1), 0x80U);

	device_lock(&gpu->dev);
	ops->cfg_write(hw, 0, PCI_CACHE_LINE_SIZE, 1, 0x1234);
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->fn[0], PCI_CACHE_LINE_SIZE, 2), 0x34U);
	ops->cfg_write(hw, 0, 0x80, 2, 0x55552000);
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->fn[0], 0x80, 4), 0x2000U);
	ops->cfg_write(hw, 0, PCI_BASE_ADDRESS_1, 4, 0xf0000000);
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->fn[0], PCI_BASE_ADDRESS_1, 4), 0xf000000cU);
	device_unlock(&gpu->dev);

	device_lock(&port->dev);
	ops->port_write(hw, PCI_BRIDGE_CONTROL, 2, 0x0013);
	KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->port, PCI_BRIDGE_CONTROL, 2), 0x13U);
	device_unlock(&port->dev);

	/* all-ones, whatever the size */
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ops->cfg_read(hw, 0, 0, 4), ~0U);
	KUNIT_EXPECT_EQ(test, ops->cfg_read(hw, 0, 0, 2), 0xffffU);
	KUNIT_EXPECT_EQ(test, ops->cfg_read(hw, 0, 0, 1), 0xffU);
}

static void dvsec_is_nvidias(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	KUNIT_EXPECT_EQ(test, card.hw.ops->dvsec(&card.hw), 0U);
	/* behind the capability of resizable BARs: one of Intel's, then NVIDIA's */
	fake_bus_put(&slot->fn[0], 0x100, 4, 0x20010015);
	fake_bus_put(&slot->fn[0], 0x200, 4, 0x30010023);
	fake_bus_put(&slot->fn[0], 0x204, 4, 0x00c18086);
	fake_bus_put(&slot->fn[0], 0x300, 4, 0x00010023);
	fake_bus_put(&slot->fn[0], 0x304, 4, 0x00c110de);
	KUNIT_EXPECT_EQ(test, card.hw.ops->dvsec(&card.hw), 0x300U);
	/* another ID of theirs */
	fake_bus_put(&slot->fn[0], 0x308, 2, 1);
	KUNIT_EXPECT_EQ(test, card.hw.ops->dvsec(&card.hw), 0U);
}

/* No public dump has more than one DVSEC, and no more than 16 are looked at. */
static void dvsec_gives_up(struct kunit *test)
{
	unsigned int before, i;
	u32 pos;

	insert(test, &fake_bus_p40);
	for (before = 15; before <= 16; before++) {
		for (i = 0; i < before; i++) {
			pos = 0x100 + 0x10 * i;
			fake_bus_put(&slot->fn[0], pos, 4, (pos + 0x10) << 20 | 0x10023);
			fake_bus_put(&slot->fn[0], pos + 4, 4, 0x00c18086);
		}
		pos = 0x100 + 0x10 * before;
		fake_bus_put(&slot->fn[0], pos, 4, 0x00010023);
		fake_bus_put(&slot->fn[0], pos + 4, 4, 0x00c110de);
		KUNIT_EXPECT_EQ(test, card.hw.ops->dvsec(&card.hw), before < 16 ? pos : 0U);
	}
}

static void without_a_port_there_is_nothing_to_hold(struct kunit *test)
{
	struct gpupt_facts facts;

	insert(test, &fake_bus_p40);
	pci_dev_put(card.port);
	card.port = NULL;
	KUNIT_EXPECT_EQ(test, card.hw.ops->port_read(&card.hw, 0, 2), ~0U);
	KUNIT_EXPECT_EQ(test, card.hw.ops->hold(&card.hw, true), -EBUSY);
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_FALSE(test, facts.port);
	KUNIT_EXPECT_FALSE(test, facts.bus_shared);
	KUNIT_EXPECT_FALSE(test, facts.slot_power);
}

/* --- hold and release --- */

static void hold_takes_all_that_the_caller_has_not(struct kunit *test)
{
	unsigned int fn;

	insert(test, &fake_bus_rtx2080);
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	KUNIT_EXPECT_EQ(test, card.held, 0xe);
	KUNIT_EXPECT_TRUE(test, is_locked(port));
	KUNIT_EXPECT_TRUE(test, !!port->ignore_hotplug);
	for (fn = 1; fn < 4; fn++) {
		KUNIT_EXPECT_TRUE(test, is_locked(fake_bus_function(slot, fn)));
		KUNIT_EXPECT_TRUE(test, card.fn[fn].core.image);
	}
	KUNIT_EXPECT_FALSE(test, card.fn[0].core.image);
	card.hw.ops->release(&card.hw);
	expect_released(test, BIT(0), false);
	device_unlock(&gpu->dev);
}

/* vfio-pci goes on when this says that there is no reset, and does not when it is busy. */
static void hold_keeps_vfio_from_opening_a_function(struct kunit *test)
{
	struct pci_dev *audio;

	insert(test, &fake_bus_gtx1080);
	audio = fake_bus_function(slot, 1);
	memset(audio->reset_methods, 0, sizeof(audio->reset_methods));
	KUNIT_ASSERT_EQ(test, pci_try_reset_function(audio), -ENOTTY);
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	KUNIT_EXPECT_EQ(test, pci_try_reset_function(audio), -EAGAIN);
	card.hw.ops->release(&card.hw);
	KUNIT_EXPECT_EQ(test, pci_try_reset_function(audio), -ENOTTY);
	/* what the user chose while it was held stays */
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	audio->reset_methods[0] = 2;
	card.hw.ops->release(&card.hw);
	KUNIT_EXPECT_EQ(test, audio->reset_methods[0], 2);
	device_unlock(&gpu->dev);
}

static void hold_of_the_port_alone(struct kunit *test)
{
	insert(test, &fake_bus_rtx2080);
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, false), 0);
	KUNIT_EXPECT_EQ(test, card.held, 0);
	KUNIT_EXPECT_TRUE(test, is_locked(port));
	KUNIT_EXPECT_FALSE(test, is_locked(fake_bus_function(slot, 1)));
	card.hw.ops->release(&card.hw);
	expect_released(test, BIT(0), false);
	device_unlock(&gpu->dev);
}

/* pci_reset_function() of 6.12 and later has it. */
static void hold_bears_that_its_caller_has_the_port(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	device_lock(&port->dev);
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	card.hw.ops->release(&card.hw);
	expect_released(test, BIT(0), true);
	device_unlock(&gpu->dev);
	device_unlock(&port->dev);
}

/* Holds a lock that another task is asked for. */
struct holder {
	struct pci_dev *pdev;
	struct task_struct *task;
	struct completion has;
	struct completion go;
};

static int hold_a_lock(void *data)
{
	struct holder *holder = data;

	device_lock(&holder->pdev->dev);
	complete(&holder->has);
	wait_for_completion(&holder->go);
	device_unlock(&holder->pdev->dev);
	return 0;
}

static void hold_gives_all_back_when_something_is_busy(struct kunit *test)
{
	int fn;

	insert(test, &fake_bus_rtx2080);
	card.borrowed = BIT(0);
	/* the port, then each of the other functions */
	for (fn = -1; fn < 4; fn++) {
		struct holder holder = { .pdev = fn < 0 ? port : fake_bus_function(slot, fn) };

		if (!fn)
			continue;
		init_completion(&holder.has);
		init_completion(&holder.go);
		holder.task = kthread_run(hold_a_lock, &holder, "gpupt_holder");
		KUNIT_ASSERT_FALSE(test, IS_ERR(holder.task));
		wait_for_completion(&holder.has);
		device_lock(&gpu->dev);
		KUNIT_EXPECT_EQ(test, card.hw.ops->hold(&card.hw, true), -EBUSY);
		expect_released(test, BIT(0) | (fn > 0 ? BIT(fn) : 0), fn < 0);
		device_unlock(&gpu->dev);
		get_task_struct(holder.task);
		complete(&holder.go);
		kthread_stop(holder.task);
		put_task_struct(holder.task);
	}
}

static void hold_refuses_a_function_in_use(struct kunit *test)
{
	struct pci_dev *usb;

	insert(test, &fake_bus_rtx2080);
	usb = fake_bus_function(slot, 2);
	card.borrowed = BIT(0);
	fake_driver_start(test, &fake_host);
	device_lock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, card.hw.ops->hold(&card.hw, true), -EBUSY);
	expect_released(test, BIT(0), false);
	device_unlock(&gpu->dev);
	fake_driver_stop(&fake_host);

	/* vfio-pci has it: only while nobody has it open */
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(usb, "vfio-pci"), 0);
	fake_driver_start(test, &fake_vfio);
	KUNIT_ASSERT_STREQ(test, fake_driver_of(usb), "vfio-pci");
	device_lock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	card.hw.ops->release(&card.hw);
	expect_released(test, BIT(0), false);
	KUNIT_ASSERT_EQ(test, pci_enable_device(usb), 0);
	KUNIT_EXPECT_EQ(test, card.hw.ops->hold(&card.hw, true), -EBUSY);
	expect_released(test, BIT(0), false);
	pci_disable_device(usb);
	device_unlock(&gpu->dev);
}

static void hold_bears_lack_of_memory(struct kunit *test)
{
	unsigned int i, refused = 0;
	bool failed = true;

	fail_nth_need(test);
	insert(test, &fake_bus_rtx2080);
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	for (i = 0; failed; i++) {
		int ret;

		fail_nth_begin(i / FAIL_NTH_TRIES + 1);
		ret = card.hw.ops->hold(&card.hw, true);
		failed = fail_nth_end();
		if (ret) {
			KUNIT_EXPECT_TRUE(test, failed);
			KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			refused++;
		} else {
			/* what a checker of the kernel lacks does no harm */
			KUNIT_EXPECT_EQ(test, card.held, 0xe);
			card.hw.ops->release(&card.hw);
		}
		expect_released(test, BIT(0), false);
	}
	/* of three functions */
	KUNIT_EXPECT_GT(test, refused, 2U * FAIL_NTH_TRIES);
	device_unlock(&gpu->dev);
}

static void hold_keeps_errors_of_the_reset_quiet(struct kunit *test)
{
	const u32 reset_errors = PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_UNSUP;
	struct fake_bus_config *config;

	if (!IS_ENABLED(CONFIG_PCIEAER))
		kunit_skip(test, "needs CONFIG_PCIEAER");
	insert(test, &fake_bus_gtx1080);
	config = &slot->port;
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	/* one waits to be reported, one is masked anyway */
	fake_bus_put(config, AER(PCI_ERR_UNCOR_MASK), 4, PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_ECRC);
	fake_bus_put(config, AER(PCI_ERR_UNCOR_STATUS), 4,
		     PCI_ERR_UNC_UNSUP | PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_POISON_TLP);
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config, AER(PCI_ERR_UNCOR_MASK), 4),
			reset_errors | PCI_ERR_UNC_ECRC);
	/* while the card is reset */
	fake_bus_put(config, AER(PCI_ERR_UNCOR_STATUS), 4,
		     reset_errors | PCI_ERR_UNC_POISON_TLP);
	fake_bus_put(config, FAKE_BUS_PORT_EXP + PCI_EXP_DEVSTA, 2, 0xf);
	card.hw.ops->release(&card.hw);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config, AER(PCI_ERR_UNCOR_STATUS), 4),
			(u32)(PCI_ERR_UNC_UNSUP | PCI_ERR_UNC_POISON_TLP));
	KUNIT_EXPECT_EQ(test, fake_bus_get(config, AER(PCI_ERR_UNCOR_MASK), 4),
			(u32)(PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_ECRC));
	KUNIT_EXPECT_EQ(test, fake_bus_get(config, FAKE_BUS_PORT_EXP + PCI_EXP_DEVSTA, 2), 0U);

	/* firmware keeps them: nothing is touched */
	pci_find_host_bridge(port->bus)->native_aer = 0;
	fake_bus_put(config, AER(PCI_ERR_UNCOR_STATUS), 4, reset_errors);
	KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config, AER(PCI_ERR_UNCOR_MASK), 4),
			(u32)(PCI_ERR_UNC_SURPDN | PCI_ERR_UNC_ECRC));
	card.hw.ops->release(&card.hw);
	KUNIT_EXPECT_EQ(test, fake_bus_get(config, AER(PCI_ERR_UNCOR_STATUS), 4), reset_errors);
	device_unlock(&gpu->dev);
}

static void release_leaves_hotplug_as_it_was(struct kunit *test)
{
	unsigned int ignored;

	insert(test, &fake_bus_rtx3080);
	KUNIT_ASSERT_TRUE(test, !!port->is_hotplug_bridge);
	device_lock(&gpu->dev);
	card.borrowed = BIT(0);
	for (ignored = 0; ignored < 2; ignored++) {
		port->ignore_hotplug = ignored;
		KUNIT_ASSERT_EQ(test, card.hw.ops->hold(&card.hw, true), 0);
		KUNIT_EXPECT_TRUE(test, !!port->ignore_hotplug);
		fake_bus_put(&slot->port, SLTSTA, 2,
			     PCI_EXP_SLTSTA_DLLSC | PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_PFD);
		card.hw.ops->release(&card.hw);
		KUNIT_EXPECT_TRUE(test, port->ignore_hotplug == ignored);
		/* what the reset caused is not reported, all else is */
		KUNIT_EXPECT_EQ(test, fake_bus_get(&slot->port, SLTSTA, 2),
				(u32)PCI_EXP_SLTSTA_PFD);
	}
	port->ignore_hotplug = 0;
	device_unlock(&gpu->dev);
}

/* --- resets --- */

struct reset {
	const char *name;
	const struct fake_bus_card *kind;
	const u8 *ladder;
	enum fake_bus_level dead;
	enum fake_bus_level bar0_dead;
	bool flr_none;
	bool sbr_none;
	unsigned int ready_ms;
	u16 swapped;
	int result;
	unsigned int rung;
};

static const struct reset resets[] = {
	{ "P40", &fake_bus_p40, bus, .rung = GPUPT_RUNG_BUS },
	{ "1080", &fake_bus_gtx1080, bus, .rung = GPUPT_RUNG_BUS },
	{ "2080 FLR", &fake_bus_rtx2080, flr, .rung = GPUPT_RUNG_FLR },
	{ "2080 bus", &fake_bus_rtx2080, bus, .rung = GPUPT_RUNG_BUS },
	{ "3080 FLR", &fake_bus_rtx3080, in_place, .rung = GPUPT_RUNG_FLR },
	{ "3080 slow", &fake_bus_rtx3080, in_place, .ready_ms = 900, .rung = GPUPT_RUNG_FLR },
	{ "3080 without FLR", &fake_bus_rtx3080, in_place, .flr_none = true,
	  .rung = GPUPT_RUNG_BUS },
	{ "3080 dead", &fake_bus_rtx3080, in_place, FAKE_BUS_SBR, .rung = GPUPT_RUNG_BUS },
	{ "3080 BAR0", &fake_bus_rtx3080, in_place, .bar0_dead = FAKE_BUS_SBR,
	  .rung = GPUPT_RUNG_BUS },
	{ "P40 dead", &fake_bus_p40, bus, FAKE_BUS_SBR, .rung = GPUPT_RUNG_BUS },
	{ "1080 dead", &fake_bus_gtx1080, bus, FAKE_BUS_SBR, .rung = GPUPT_RUNG_BUS },
	{ "2080 dead", &fake_bus_rtx2080, bus, FAKE_BUS_SBR, .rung = GPUPT_RUNG_BUS },
	{ "P40 dead for good", &fake_bus_p40, bus_then_long, FAKE_BUS_POWER, .result = -ENODEV,
	  .rung = GPUPT_RUNG_BUS_LONG },
	{ "1080 BAR0 for good", &fake_bus_gtx1080, bus_then_long, .bar0_dead = FAKE_BUS_POWER,
	  .result = -EIO, .rung = GPUPT_RUNG_BUS_LONG },
	{ "P40 without a reset", &fake_bus_p40, bus_then_long, .sbr_none = true, .result = -EIO,
	  .rung = GPUPT_RUNG_BUS_LONG },
	{ "P40 swapped", &fake_bus_p40, bus, .swapped = 0x1b80, .result = -ENODEV,
	  .rung = GPUPT_RUNG_BUS },
};

static void reset_desc(const struct reset *r, char *desc)
{
	strscpy(desc, r->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reset, resets, reset_desc);

static void run_resets(struct kunit *test)
{
	const struct reset *r = test->param_value;
	struct gpupt_outcome out;

	insert(test, r->kind);
	/* one before, for snapshots of all functions */
	KUNIT_ASSERT_EQ(test, run(test, bus, &out), 0);
	set_config();
	slot->dead = r->dead;
	slot->bar0_dead = r->bar0_dead;
	slot->flr_none = r->flr_none;
	slot->sbr_none = r->sbr_none;
	slot->ready_ms = r->ready_ms;
	slot->swapped = r->swapped;
	KUNIT_EXPECT_EQ(test, run(test, r->ladder, &out), r->result);
	KUNIT_EXPECT_EQ(test, out.rung, r->rung);
	if (!r->result) {
		KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
		KUNIT_EXPECT_EQ(test, out.boot0, slot->card->boot0);
	}
	if (slot->sbr)
		KUNIT_EXPECT_TRUE(test, slot->hotplug_ignored);
}

/* What the kernel restores afterwards is what it saved of a living card, or was mended. */
static void end_mends_what_the_kernel_saved(struct kunit *test)
{
	struct gpupt_outcome out;

	insert(test, &fake_bus_gtx1080);
	KUNIT_ASSERT_EQ(test, run(test, bus, &out), 0);
	slot->dead = FAKE_BUS_SBR;
	pci_save_state(gpu);
	KUNIT_ASSERT_EQ(test, gpu->saved_config_space[0], ~0U);
	KUNIT_ASSERT_EQ(test, run(test, bus, &out), 0);
	KUNIT_EXPECT_EQ(test, gpu->saved_config_space[0], 0x1b8010deU);
	KUNIT_EXPECT_EQ(test, gpu->saved_config_space[4], (u32)pci_bus_address(gpu, 0));

	/* not for a card that was not seen alive */
	slot->dead = FAKE_BUS_POWER;
	pci_save_state(gpu);
	KUNIT_ASSERT_NE(test, run(test, bus, &out), 0);
	KUNIT_EXPECT_EQ(test, gpu->saved_config_space[0], ~0U);
}

/* Nor is what the kernel saved touched by a reset of a living card. */
static void run_leaves_the_kernels_state_alone(struct kunit *test)
{
	struct gpupt_outcome out;
	u32 before[2][16];
	struct pci_dev *audio;

	insert(test, &fake_bus_gtx1080);
	audio = fake_bus_function(slot, 1);
	pci_save_state(gpu);
	pci_save_state(audio);
	gpu->saved_config_space[3] = 0x55;
	audio->saved_config_space[3] = 0x66;
	memcpy(before[0], gpu->saved_config_space, sizeof(before[0]));
	memcpy(before[1], audio->saved_config_space, sizeof(before[1]));
	KUNIT_ASSERT_EQ(test, run(test, bus, &out), 0);
	KUNIT_EXPECT_FALSE(test, memcmp(before[0], gpu->saved_config_space, sizeof(before[0])));
	KUNIT_EXPECT_FALSE(test, memcmp(before[1], audio->saved_config_space, sizeof(before[1])));
	KUNIT_EXPECT_TRUE(test, !!gpu->state_saved);
}

static void reset_all(struct kunit *test)
{
	struct gpupt_outcome out;

	slot->lost_at = 0;
	slot->dead = FAKE_BUS_NONE;
	if (slot->was_dead) {
		memcpy(slot->fn[0].now, slot->fn[0].before, FAKE_BUS_CONFIG);
		memcpy(slot->fn[1].now, slot->fn[1].before, FAKE_BUS_CONFIG);
	}
	KUNIT_ASSERT_EQ(test, run(test, bus, &out), 0);
	set_config();
}

/* Rules and end state are checked by the fake, for each access that loses the card. */
static void run_is_safe_with_a_card_lost_at_any_access(struct kunit *test)
{
	struct gpupt_outcome out;
	unsigned int n, failed = 0;
	int ret;

	insert(test, &fake_bus_rtx3080);
	reset_all(test);
	for (n = 1; ; n++) {
		slot->lost_at = n;
		ret = run(test, flr, &out);
		if (slot->accesses < n)
			break;
		failed += !!ret;
		if (!ret)
			KUNIT_EXPECT_EQ_MSG(test, n, slot->accesses, "success, but lost at %u", n);
		reset_all(test);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, failed, 40U);
}

static void run_revives_a_card_lost_at_any_access(struct kunit *test)
{
	struct gpupt_outcome out;
	unsigned int n;
	int ret;

	insert(test, &fake_bus_gtx1080);
	reset_all(test);
	for (n = 1; ; n++) {
		slot->lost_at = n;
		ret = run(test, bus_then_long, &out);
		if (slot->accesses < n)
			break;
		/* a bus reset that came after brought it back */
		if (!slot->dead)
			KUNIT_EXPECT_EQ_MSG(test, ret, 0, "lost at %u", n);
		reset_all(test);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, n, 40U);
}

/* begin(), the snapshots, hold(): an error, or a card that is alive; nothing is kept. */
static void run_bears_lack_of_memory(struct kunit *test)
{
	static const struct fake_bus_card *const kinds[] = {
		&fake_bus_p40, &fake_bus_gtx1080, &fake_bus_rtx3080,
	};
	unsigned int i, nth;

	fail_nth_need(test);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		insert(test, kinds[i]);
		for (nth = 1; ; nth++) {
			struct gpupt_outcome out;
			bool failed;
			int ret;

			fail_nth_begin(nth);
			ret = run(test, in_place + (i < 2), &out);
			failed = fail_nth_end();
			if (!ret)
				KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot) &&
						  (slot->flr || slot->sbr));
			else
				KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
			set_config();
			if (!failed)
				break;
		}
		KUNIT_EXPECT_GT(test, nth, 3U);
		tear_down(test);
		gpu = NULL;
	}
}

static void run_survives_many(struct kunit *test)
{
	struct gpupt_outcome out;
	unsigned int i, refs;

	insert(test, &fake_bus_rtx2080);
	KUNIT_ASSERT_EQ(test, run(test, bus, &out), 0);
	set_config();
	refs = kref_read(&gpu->dev.kobj.kref);
	for (i = 0; i < 20; i++) {
		slot->dead = i % 3 == 1 ? FAKE_BUS_SBR : FAKE_BUS_NONE;
		KUNIT_EXPECT_EQ(test, run(test, slot->dead || i % 2 ? bus : flr, &out), 0);
		set_config();
	}
	KUNIT_EXPECT_EQ(test, kref_read(&gpu->dev.kobj.kref), refs);
}

/* --- facts --- */

static void facts_are_the_cards(struct kunit *test)
{
	struct gpupt_facts facts;

	insert(test, &fake_bus_rtx3080);
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_TRUE(test, facts.flr);
	KUNIT_EXPECT_TRUE(test, facts.port);
	KUNIT_EXPECT_FALSE(test, facts.bus_reset_broken);
	KUNIT_EXPECT_FALSE(test, facts.bus_shared);
	/* pciehp did not come up on a port without interrupts */
	KUNIT_EXPECT_FALSE(test, facts.slot_power);

	gpu->dev_flags |= PCI_DEV_FLAGS_NO_FLR_RESET;
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_FALSE(test, facts.flr);
	gpu->dev_flags = PCI_DEV_FLAGS_NO_BUS_RESET;
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_TRUE(test, facts.bus_reset_broken);
	/* by us */
	card.fenced = true;
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_FALSE(test, facts.bus_reset_broken);
	gpu->dev_flags = 0;
	port->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_TRUE(test, facts.bus_reset_broken);
	port->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
}

static int nothing(struct hotplug_slot *hotplug)
{
	return 0;
}

static const struct hotplug_slot_ops slot_ops = { .enable_slot = nothing, .disable_slot = nothing };

static void facts_know_a_slot_that_has_power(struct kunit *test)
{
	struct hotplug_slot hotplug = { .ops = &slot_ops };
	struct gpupt_facts facts;

	if (!IS_ENABLED(CONFIG_HOTPLUG_PCI))
		kunit_skip(test, "needs CONFIG_HOTPLUG_PCI");
	insert(test, &fake_bus_rtx3080);
	KUNIT_ASSERT_EQ(test, pci_hp_register(&hotplug, port->subordinate, 0, "gpupt-fake"), 0);
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_TRUE(test, facts.slot_power);
	/* no power controller */
	fake_bus_put(&slot->port, FAKE_BUS_PORT_EXP + PCI_EXP_SLTCAP, 4, PCI_EXP_SLTCAP_HPC);
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_FALSE(test, facts.slot_power);
	/* the port is gone */
	fake_bus_put(&slot->port, FAKE_BUS_PORT_EXP + PCI_EXP_SLTCAP, 4, ~0U);
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_FALSE(test, facts.slot_power);
	fake_bus_put(&slot->port, FAKE_BUS_PORT_EXP + PCI_EXP_SLTCAP, 4,
		     PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_PCP);
	/* the kernel does not run it */
	port->is_hotplug_bridge = 0;
	gpupt_hw_pci_facts(&card, &facts);
	KUNIT_EXPECT_FALSE(test, facts.slot_power);
	port->is_hotplug_bridge = 1;
	pci_hp_deregister(&hotplug);
}

static void user_is_named(struct kunit *test)
{
	char words[96] = "";

	insert(test, &fake_bus_p40);
	device_lock(&gpu->dev);
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_user(gpu, 0, words, sizeof(words)));
	device_unlock(&gpu->dev);
	fake_driver_start(test, &fake_host);
	device_lock(&gpu->dev);
	KUNIT_EXPECT_TRUE(test, gpupt_hw_pci_user(gpu, 0, words, sizeof(words)));
	KUNIT_EXPECT_TRUE(test, strstr(words, "gpupt_fake_host"));
	KUNIT_EXPECT_TRUE(test, strstr(words, pci_name(gpu)));
	device_unlock(&gpu->dev);
	fake_driver_stop(&fake_host);
}

static void config_is_readable_while_awake(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	KUNIT_EXPECT_TRUE(test, gpupt_hw_pci_config_is_readable(gpu));
	gpu->current_state = PCI_D3hot;
	KUNIT_EXPECT_TRUE(test, gpupt_hw_pci_config_is_readable(gpu));
	gpu->current_state = PCI_D3cold;
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_config_is_readable(gpu));
	gpu->current_state = PCI_D0;
	port->current_state = PCI_D3hot;
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_config_is_readable(gpu));
	port->current_state = PCI_UNKNOWN;
	KUNIT_EXPECT_TRUE(test, gpupt_hw_pci_config_is_readable(gpu));
	port->current_state = PCI_D0;
}

static void binding_is_whose_it_is(struct kunit *test)
{
	struct gpupt_binding binding;

	insert(test, &fake_bus_p40);
	memset(&binding, 0x5a, sizeof(binding));
	KUNIT_EXPECT_EQ(test, gpupt_hw_pci_binding(gpu, &binding, 0), 0);
	KUNIT_EXPECT_STREQ(test, binding.driver, "");
	KUNIT_EXPECT_STREQ(test, binding.override, "");
	KUNIT_EXPECT_FALSE(test, binding.any);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(gpu, "vfio-pci"), 0);
	fake_driver_start(test, &fake_vfio);
	KUNIT_EXPECT_EQ(test, gpupt_hw_pci_binding(gpu, &binding, 0), 0);
	KUNIT_EXPECT_STREQ(test, binding.driver, "vfio-pci");
	KUNIT_EXPECT_STREQ(test, binding.override, "vfio-pci");
	/* one that is just being bound or released is named, and not waited for */
	device_lock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, gpupt_hw_pci_binding(gpu, &binding, 20), -EBUSY);
	device_unlock(&gpu->dev);
	KUNIT_EXPECT_STREQ(test, binding.driver, "vfio-pci");
}

static void vfs_are_ended_by_a_driver_that_can(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_can_end_vfs(gpu));
	fake_driver_start(test, &fake_nvidia);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(gpu), "nvidia");
	KUNIT_EXPECT_TRUE(test, gpupt_hw_pci_can_end_vfs(gpu));
	/* one that left them enabled */
	fake_driver_stop(&fake_nvidia);
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_can_end_vfs(gpu));
	fake_driver_start(test, &fake_host);
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_can_end_vfs(gpu));
	fake_driver_stop(&fake_host);
	/* it has the callback, and declines without enable_sriov=1 */
	fake_vfio.pci.sriov_configure = fake_nvidia.pci.sriov_configure;
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(gpu, "vfio-pci"), 0);
	fake_driver_start(test, &fake_vfio);
	KUNIT_EXPECT_STREQ(test, fake_driver_of(gpu), "vfio-pci");
	KUNIT_EXPECT_FALSE(test, gpupt_hw_pci_can_end_vfs(gpu));
}

static struct kunit_case hw_pci_cases[] = {
	KUNIT_CASE(init_gathers_a_card),
	KUNIT_CASE(fini_puts_every_reference),
	KUNIT_CASE(ops_reach_registers_of_any_size),
	KUNIT_CASE(dvsec_is_nvidias),
	KUNIT_CASE(dvsec_gives_up),
	KUNIT_CASE(without_a_port_there_is_nothing_to_hold),
	KUNIT_CASE(hold_takes_all_that_the_caller_has_not),
	KUNIT_CASE(hold_keeps_vfio_from_opening_a_function),
	KUNIT_CASE(hold_of_the_port_alone),
	KUNIT_CASE(hold_bears_that_its_caller_has_the_port),
	KUNIT_CASE(hold_gives_all_back_when_something_is_busy),
	KUNIT_CASE(hold_refuses_a_function_in_use),
	KUNIT_CASE(hold_bears_lack_of_memory),
	KUNIT_CASE(hold_keeps_errors_of_the_reset_quiet),
	KUNIT_CASE(release_leaves_hotplug_as_it_was),
	KUNIT_CASE_PARAM(run_resets, reset_gen_params),
	KUNIT_CASE(end_mends_what_the_kernel_saved),
	KUNIT_CASE(run_leaves_the_kernels_state_alone),
	KUNIT_CASE(run_is_safe_with_a_card_lost_at_any_access),
	KUNIT_CASE(run_revives_a_card_lost_at_any_access),
	KUNIT_CASE(run_bears_lack_of_memory),
	KUNIT_CASE(run_survives_many),
	KUNIT_CASE(facts_are_the_cards),
	KUNIT_CASE(facts_know_a_slot_that_has_power),
	KUNIT_CASE(user_is_named),
	KUNIT_CASE(config_is_readable_while_awake),
	KUNIT_CASE(binding_is_whose_it_is),
	KUNIT_CASE(vfs_are_ended_by_a_driver_that_can),
	{}
};

static struct kunit_suite hw_pci_suite = {
	.name = "gpupt_reset_hw_pci",
	.init = set_up,
	.exit = tear_down,
	.test_cases = hw_pci_cases,
};

kunit_test_suite(hw_pci_suite);
