// SPDX-License-Identifier: GPL-2.0
/* A card that is reset on behalf of the kernel: card.c and answer.c. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>
#include <linux/string.h>

#include "fail_nth.h"
#include "fake_bus.h"
#include "fake_driver.h"
#include "gpupt/answer.h"
#include "gpupt/card.h"
#include "gpupt/compat.h"
#include "gpupt/device.h"
#include "gpupt/verify.h"
#include "parts.h"

#define COMMAND		(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_SERR)

/* FLR is doubted on it. */
static const struct fake_bus_card rtx5090 = {
	.fn = { { 0x10de, 0x2b85, 0x030000, true }, { 0x10de, 0x22e8, 0x040300 } },
	.boot0 = 0x1b2000a1,
};

static struct fake_bus_slot *slot;
static struct pci_dev *gpu, *audio, *port;
static struct gpupt_device *gdev;

static void insert(struct kunit *test, const struct fake_bus_card *kind)
{
	unsigned int fn;

	fake_bus_create(test, kind, NULL);
	slot = fake_bus_slot(test, 0);
	gpu = fake_bus_function(slot, 0);
	audio = fake_bus_function(slot, 1);
	port = fake_bus_port(slot);
	for (fn = 0; fn < FAKE_BUS_FUNCTIONS; fn++)
		if (fake_bus_function(slot, fn))
			pci_write_config_word(fake_bus_function(slot, fn), PCI_COMMAND, COMMAND);
	parts_start(test);
	gdev = parts_record(gpu);
	KUNIT_ASSERT_NOT_NULL(test, gdev);
}

static bool is_locked(struct pci_dev *pdev)
{
	return mutex_is_locked(&pdev->dev.mutex);
}

/* As the kernel asks, with the lock of one function. */
static int ask(struct kunit *test, struct pci_dev *pdev)
{
	int ret;

	device_lock(&pdev->dev);
	fake_bus_arm(slot);
	ret = gpupt_answer_reset(pdev);
	fake_bus_disarm(slot);
	KUNIT_EXPECT_TRUE(test, is_locked(pdev));
	device_unlock(&pdev->dev);
	KUNIT_EXPECT_FALSE(test, is_locked(gpu));
	KUNIT_EXPECT_FALSE(test, audio && is_locked(audio));
	KUNIT_EXPECT_FALSE(test, is_locked(port));
	KUNIT_EXPECT_FALSE(test, test_bit(GPUPT_DEVICE_BUSY, &gdev->flags));
	return ret;
}

static void bind_to_vfio(struct kunit *test, struct pci_dev *pdev)
{
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(pdev, "vfio-pci"), 0);
	if (!fake_vfio.registered)
		fake_driver_start(test, &fake_vfio);
	else
		KUNIT_ASSERT_EQ(test, device_attach(&pdev->dev), 1);
	KUNIT_ASSERT_STREQ(test, fake_driver_of(pdev), "vfio-pci");
}

static void probe_touches_nothing(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	fake_bus_arm(slot);
	KUNIT_EXPECT_EQ(test, gpupt_answer_probe(gpu), 0);
	KUNIT_EXPECT_EQ(test, gpupt_answer_probe(audio), -ENOTTY);
	KUNIT_EXPECT_EQ(test, gpupt_answer_probe(port), -ENOTTY);
	KUNIT_EXPECT_EQ(test, slot->accesses, 0U);
	fake_bus_disarm(slot);
}

static void answer_resets_a_gpu(struct kunit *test)
{
	struct gpupt_status status;

	insert(test, &fake_bus_rtx3080);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, slot->flr, 1U);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	status = gpupt_device_status(gdev);
	KUNIT_EXPECT_EQ(test, status.resets, 1ULL);
	KUNIT_EXPECT_EQ(test, status.failures, 0ULL);
	KUNIT_EXPECT_EQ(test, status.boot0, 0xb72000a1U);
	KUNIT_EXPECT_EQ(test, status.link, 0x0103 | PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_EQ(test, status.last.rung, (unsigned int)GPUPT_RUNG_FLR);
	KUNIT_EXPECT_EQ(test, status.last.result, 0);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
}

static void answer_knows_only_what_is_managed(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	parts_stop();
	device_lock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, gpupt_answer_reset(gpu), -ENOTTY);
	device_unlock(&gpu->dev);
	device_lock(&port->dev);
	KUNIT_EXPECT_EQ(test, gpupt_answer_reset(port), -ENOTTY);
	device_unlock(&port->dev);
	KUNIT_EXPECT_EQ(test, slot->sbr + slot->flr, 0U);
}

/* -EAGAIN is what vfio-pci heeds; the kernel shall not try once more itself. */
static void answer_fences_off_a_dead_card_until_it_is_alive(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	slot->dead = FAKE_BUS_POWER;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	KUNIT_EXPECT_EQ(test, slot->sbr, 2U);
	KUNIT_EXPECT_TRUE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_DEAD);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).failures, 1ULL);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, -ENODEV);
	/* our own are not kept from it */
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 2ULL);
}

static void answer_says_that_registers_are_dead(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	slot->bar0_dead = FAKE_BUS_POWER;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
}

/* VFIO's bus reset at the last close and QEMU's hot reset are what reaches them. */
static void answer_declines_companions(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_EXPECT_EQ(test, ask(test, audio), -ENOTTY);
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask(test, audio), -ENOTTY);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 0ULL);
}

static void a_companion_in_use_leaves_the_bus_to_vfio(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	bind_to_vfio(test, gpu);
	bind_to_vfio(test, audio);
	KUNIT_ASSERT_EQ(test, pci_enable_device(audio), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -ENOTTY);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 0ULL);
	pci_disable_device(audio);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
}

static bool ask_bus_locked(struct kunit *test);

/* vfio-pci asks for the GPU when it opens it, at the client's wish, and when it closes it. */
static int ask_open(struct kunit *test)
{
	int ret;

	KUNIT_ASSERT_EQ(test, pci_enable_device(gpu), 0);
	ret = ask(test, gpu);
	pci_disable_device(gpu);
	return ret;
}

/* QEMU resets the bus at start, unless the GPU had a reset of its own when it was opened. */
static void a_healthy_gpu_without_flr_is_the_clients_to_reset(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	bind_to_vfio(test, gpu);
	bind_to_vfio(test, audio);
	/* if vfio-pci's bus resets are verified */
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	clear_bit(GPUPT_DEVICE_USED, &gdev->flags);
	gpupt_answer_buses(true);

	KUNIT_EXPECT_EQ(test, ask_open(test), -ENOTTY);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 1ULL);
	/* nobody has reset the bus at its close */
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	gdev->clean_for = NULL;
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, ask_open(test), -ENOTTY);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));

	/* one that is not alive, or hides its registers */
	slot->bar0_dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "config"), 0);
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "full"), 0);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	/* one whose bus the kernel would not reset, or whose last reset failed */
	audio->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	audio->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	gdev->clean_for = NULL;
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	gdev->status.last.result = -EIO;
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	gdev->clean_for = NULL;
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	/* that is being taken off the bus */
	set_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	KUNIT_ASSERT_EQ(test, pci_enable_device(gpu), 0);
	device_lock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, gpupt_answer_reset(gpu), -EAGAIN);
	device_unlock(&gpu->dev);
	pci_disable_device(gpu);
	clear_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	clear_bit(GPUPT_DEVICE_USED, &gdev->flags);
	/* whose client has a part of it, or is none */
	device_release_driver(&audio->dev);
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	clear_bit(GPUPT_DEVICE_USED, &gdev->flags);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	gpupt_answer_buses(false);
}

static void a_host_driver_keeps_a_card_from_being_reset(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_ASSERT_EQ(test, gpupt_set_driver_override(gpu, "none"), 0);
	fake_driver_start(test, &fake_host);
	KUNIT_ASSERT_STREQ(test, fake_driver_of(audio), "gpupt_fake_host");
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -ENOTTY);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	/* dead, and nothing could be tried: still not to be handed out */
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	slot->dead = FAKE_BUS_NONE;
	fake_bus_put(&slot->fn[0], PCI_DEVICE_ID, 2, 0x1b81);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
}

/* The kernel would go on with the FLR that is doubted. */
static void answer_keeps_the_kernel_from_doing_harm(struct kunit *test)
{
	insert(test, &rtx5090);
	bind_to_vfio(test, audio);
	KUNIT_ASSERT_EQ(test, pci_enable_device(audio), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EBUSY);
	KUNIT_EXPECT_EQ(test, slot->flr + slot->sbr, 0U);
	pci_disable_device(audio);
	/* and a client without a hot reset has that FLR on the stock kernel */
	bind_to_vfio(test, gpu);
	gpupt_answer_buses(true);
	KUNIT_EXPECT_EQ(test, ask_open(test), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	gpupt_answer_buses(false);
}

/* That is the user's wish, or the firmware's. */
static void a_card_is_verified_by_config_space_alone(struct kunit *test)
{
	static const char * const any_card[] = { "config:", "config:x", "config:10de:2207,220" };
	u16 devctl = FAKE_BUS_PORT_EXP + PCI_EXP_DEVCTL;
	unsigned int i;

	insert(test, &fake_bus_rtx3080);
	slot->bar0_dead = FAKE_BUS_POWER;
	KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "config:10de:2206"), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).boot0, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
	KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "config:10de:2207"), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "config"), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	/* what is not understood changes nothing */
	KUNIT_EXPECT_EQ(test, parts_param(test, "verify", "none"), -EINVAL);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "full"), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	/* and a word of a list that is not may mean this card */
	for (i = 0; i < ARRAY_SIZE(any_card); i++) {
		KUNIT_EXPECT_EQ(test, parts_param(test, "verify", any_card[i]), 0);
		KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
		KUNIT_ASSERT_EQ(test, parts_param(test, "verify", "full"), 0);
		KUNIT_EXPECT_EQ(test, ask(test, gpu), -EAGAIN);
	}

	if (!IS_ENABLED(CONFIG_PCIEAER))
		return;
	pci_find_host_bridge(port->bus)->native_aer = 0;
	fake_bus_put(&slot->port, devctl, 2, PCI_EXP_DEVCTL_NFERE);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
}

/* Registers that answer are fact enough for the kernel's own bus reset. */
static void a_sign_fences_nothing_and_climbs_once(struct kunit *test)
{
	insert(test, &fake_bus_rtx3080);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, gdev->status.trusted & GPUPT_SIGN_MARK, GPUPT_SIGN_MARK);
	slot->canary_kept = true;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EIO);
	KUNIT_EXPECT_EQ(test, slot->sbr, 2U);
	KUNIT_EXPECT_TRUE(test, gdev->status.climbed);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EIO);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	slot->canary_kept = false;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_OK);
}

static void answer_bears_lack_of_memory(struct kunit *test)
{
	static const struct fake_bus_card * const kinds[] = {
		&fake_bus_p40, &fake_bus_gtx1080, &fake_bus_rtx3080,
	};
	unsigned int i, dead, try;

	fail_nth_need(test);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (dead = 0; dead < 2; dead++) {
			unsigned int errors = 0;

			insert(test, kinds[i]);
			for (try = 0; ; try++) {
				bool failed;
				int ret;

				slot->dead = dead ? FAKE_BUS_SBR : FAKE_BUS_NONE;
				fail_nth_begin(try / FAIL_NTH_TRIES + 1);
				ret = ask(test, gpu);
				failed = fail_nth_end();
				if (ret) {
					errors++;
					KUNIT_EXPECT_TRUE(test, ret == -ENOMEM ||
							  (dead && ret == -EAGAIN));
					KUNIT_EXPECT_EQ(test, slot->sbr + slot->flr, 0U);
				} else {
					KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
					KUNIT_EXPECT_GT(test, slot->sbr + slot->flr, 0U);
				}
				if (!failed)
					break;
			}
			KUNIT_EXPECT_GT(test, errors, 1U);
			parts_tear_down(test);
		}
	}
}

/* --- the kernel's own bus resets --- */

static void lock_all(void)
{
	device_lock(&port->dev);
	device_lock(&gpu->dev);
	device_lock(&audio->dev);
}

static void unlock_all(void)
{
	device_unlock(&audio->dev);
	device_unlock(&gpu->dev);
	device_unlock(&port->dev);
}

static bool ask_bus(struct kunit *test, struct pci_dev *bridge)
{
	bool done;

	fake_bus_arm(slot);
	done = gpupt_answer_bus_reset(bridge);
	fake_bus_disarm(slot);
	return done;
}

static void bus_reset_is_done_with_every_lock(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	KUNIT_EXPECT_FALSE(test, ask_bus(test, port));
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);

	/* the GPU's alone will not do */
	device_lock(&port->dev);
	device_lock(&gpu->dev);
	KUNIT_EXPECT_FALSE(test, ask_bus(test, port));
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	device_unlock(&gpu->dev);
	device_unlock(&port->dev);

	lock_all();
	KUNIT_EXPECT_TRUE(test, ask_bus(test, port));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, slot->hotplug_ignored);
	KUNIT_EXPECT_TRUE(test, is_locked(gpu) && is_locked(audio) && is_locked(port));
	unlock_all();
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.rung,
			(unsigned int)GPUPT_RUNG_BUS);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).last.result, 0);
}

static bool ask_bus_locked(struct kunit *test)
{
	bool done;

	lock_all();
	done = ask_bus(test, port);
	unlock_all();
	return done;
}

/* vfio-pci resets the function before it disables it. This one hung in its machine. */
static void close_gpu(struct kunit *test)
{
	slot->dead = FAKE_BUS_SBR;
	KUNIT_ASSERT_EQ(test, pci_enable_device(gpu), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	pci_disable_device(gpu);
}

/* vfio-pci closes audio, then the GPU, and resets the bus since audio has no reset. */
static void one_bus_reset_at_the_last_close(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	bind_to_vfio(test, gpu);
	bind_to_vfio(test, audio);
	close_gpu(test);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 1ULL);
	/* once */
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	/* a function that is open may have been used */
	close_gpu(test);
	KUNIT_ASSERT_EQ(test, pci_enable_device(audio), 0);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	pci_disable_device(audio);
	/* the card was lost since */
	close_gpu(test);
	slot->dead = FAKE_BUS_SBR;
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_TRUE(test, fake_bus_is_alive(slot));
	/* opened, used and closed with audio open: it is of the time before */
	close_gpu(test);
	KUNIT_ASSERT_EQ(test, pci_enable_device(audio), 0);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -ENOTTY);
	pci_disable_device(audio);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	/* nobody had it open: that was no close */
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	/* another task */
	close_gpu(test);
	gdev->clean_for = NULL;
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	/* or long ago */
	close_gpu(test);
	gdev->clean_until = 0;
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
}

/* An FLR reaches the GPU alone. */
static void a_bus_reset_follows_an_flr(struct kunit *test)
{
	insert(test, &fake_bus_rtx3080);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, slot->flr, 1U);
	KUNIT_EXPECT_TRUE(test, ask_bus_locked(test));
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
}

static void bus_reset_is_left_to_the_kernel(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	lock_all();
	/* a port of nobody's */
	KUNIT_EXPECT_FALSE(test, ask_bus(test, gpu));
	/* the rung is not allowed */
	port->dev_flags |= PCI_DEV_FLAGS_NO_BUS_RESET;
	KUNIT_EXPECT_FALSE(test, ask_bus(test, port));
	port->dev_flags &= ~PCI_DEV_FLAGS_NO_BUS_RESET;
	/* another is at it */
	set_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	KUNIT_EXPECT_FALSE(test, ask_bus(test, port));
	clear_bit(GPUPT_DEVICE_BUSY, &gdev->flags);
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	unlock_all();
}

/* The kernel's method "bus" has the IOMMU block the function itself, on 7.0 not twice. */
static void bus_reset_leaves_the_iommu_to_the_kernel(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	slot->iommu_blocks = BIT(PCI_FUNC(gpu->devfn));
	lock_all();
	KUNIT_EXPECT_TRUE(test, ask_bus(test, port));
	unlock_all();
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_EQ(test, slot->iommu_blocked, 0U);
	slot->iommu_blocks = 0;
	/* that of a hot reset does not, and is not made to */
	lock_all();
	KUNIT_EXPECT_TRUE(test, ask_bus(test, port));
	unlock_all();
	KUNIT_EXPECT_EQ(test, slot->iommu_blocked, 0U);
}

/* The kernel leaves it to who answers in place of pci_dev_specific_reset(). */
static void answer_has_the_iommu_block_who_is_reset(struct kunit *test)
{
	insert(test, &fake_bus_p40);
	KUNIT_EXPECT_EQ(test, ask(test, gpu), 0);
	KUNIT_EXPECT_EQ(test, slot->iommu_blocked, 1U);
	/* an IOMMU that does not is the end of it, as in the kernel */
	slot->iommu_refuses = true;
	KUNIT_EXPECT_EQ(test, ask(test, gpu), -EINVAL);
	KUNIT_EXPECT_EQ(test, slot->sbr + slot->flr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 1ULL);
}

/* What failed is known, though the kernel cannot be told; nor is it exhausted. */
static void bus_reset_that_failed_is_written_down(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	slot->dead = FAKE_BUS_POWER;
	lock_all();
	KUNIT_EXPECT_TRUE(test, ask_bus(test, port));
	unlock_all();
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).failures, 1ULL);
	KUNIT_EXPECT_EQ(test, gpupt_device_state(gdev), GPUPT_STATE_HUNG);
	KUNIT_EXPECT_FALSE(test, gpu->dev_flags & PCI_DEV_FLAGS_NO_BUS_RESET);
}

#ifdef CONFIG_PM
static unsigned int woken, wakes_in_ms;

static int wake_slowly(struct device *dev)
{
	woken++;
	msleep(wakes_in_ms);
	return 0;
}

static struct dev_pm_domain slow_domain = { .ops = { .runtime_resume = wake_slowly } };

/* Of a function that is woken the kernel restores config space, without its lock. */
static void bus_reset_finds_everybody_awake(struct kunit *test)
{
	insert(test, &fake_bus_gtx1080);
	audio->dev.pm_domain = &slow_domain;
	pm_runtime_allow(&audio->dev);
	woken = 0;

	/* one that takes longer than WAKE_MS is in use */
	KUNIT_ASSERT_GE(test, pm_runtime_suspend(&audio->dev), 0);
	wakes_in_ms = 2500;
	lock_all();
	KUNIT_EXPECT_FALSE(test, gpupt_answer_bus_reset(port));
	unlock_all();
	KUNIT_EXPECT_EQ(test, slot->sbr, 0U);
	KUNIT_EXPECT_EQ(test, gpupt_device_status(gdev).resets, 0ULL);
	pm_runtime_barrier(&audio->dev);
	KUNIT_EXPECT_EQ(test, atomic_read(&audio->dev.power.usage_count), 0);

	KUNIT_ASSERT_GE(test, pm_runtime_suspend(&audio->dev), 0);
	wakes_in_ms = 0;
	lock_all();
	KUNIT_EXPECT_TRUE(test, gpupt_answer_bus_reset(port));
	unlock_all();
	KUNIT_EXPECT_EQ(test, slot->sbr, 1U);
	KUNIT_EXPECT_EQ(test, woken, 2U);
	KUNIT_EXPECT_EQ(test, atomic_read(&audio->dev.power.usage_count), 0);

	pm_runtime_forbid(&audio->dev);
	audio->dev.pm_domain = NULL;
}
#endif

/* --- the card --- */

static void card_puts_every_reference(struct kunit *test)
{
	unsigned int gpu_refs, gdev_refs;
	struct gpupt_card *card;

	insert(test, &fake_bus_gtx1080);
	gpu_refs = kref_read(&gpu->dev.kobj.kref);
	gdev_refs = kref_read(&gdev->ref);
	card = gpupt_card_get(gdev);
	KUNIT_ASSERT_NOT_NULL(test, card);
	KUNIT_EXPECT_PTR_EQ(test, card->pci.fn[0].snapshot, &gdev->snapshot);
	KUNIT_EXPECT_PTR_EQ(test, card->pci.fn[1].snapshot, &parts_record(audio)->snapshot);
	KUNIT_EXPECT_EQ(test, card->pci.hw.link, 0x0103 | PCI_EXP_LNKSTA_DLLLA);
	KUNIT_EXPECT_TRUE(test, card->pci.hw.hda);
	gpupt_card_put(card);
	KUNIT_EXPECT_EQ(test, kref_read(&gpu->dev.kobj.kref), gpu_refs);
	KUNIT_EXPECT_EQ(test, kref_read(&gdev->ref), gdev_refs);
}

static void lock_idle_says_no_and_lets_go(struct kunit *test)
{
	struct gpupt_card *card;

	insert(test, &fake_bus_gtx1080);
	card = gpupt_card_get(gdev);
	KUNIT_ASSERT_NOT_NULL(test, card);
	KUNIT_EXPECT_EQ(test, gpupt_card_lock_idle(card, 0), 0);
	KUNIT_EXPECT_TRUE(test, is_locked(gpu));
	KUNIT_EXPECT_FALSE(test, is_locked(audio));
	KUNIT_EXPECT_EQ(test, card->pci.borrowed, BIT(0));
	gpupt_card_unlock(card);
	KUNIT_EXPECT_FALSE(test, is_locked(gpu));

	device_lock(&audio->dev);
	KUNIT_EXPECT_EQ(test, gpupt_card_lock_idle(card, 0), -EBUSY);
	KUNIT_EXPECT_FALSE(test, is_locked(gpu));
	device_unlock(&audio->dev);
	device_lock(&gpu->dev);
	KUNIT_EXPECT_EQ(test, gpupt_card_lock_idle(card, 0), -EBUSY);
	device_unlock(&gpu->dev);

	bind_to_vfio(test, audio);
	KUNIT_EXPECT_EQ(test, gpupt_card_lock_idle(card, 0), 0);
	gpupt_card_unlock(card);
	KUNIT_ASSERT_EQ(test, pci_enable_device(audio), 0);
	KUNIT_EXPECT_EQ(test, gpupt_card_lock_idle(card, 0), -EBUSY);
	KUNIT_EXPECT_FALSE(test, is_locked(gpu) || is_locked(audio));
	pci_disable_device(audio);
	gpupt_card_put(card);
}

static struct kunit_case card_cases[] = {
	KUNIT_CASE(probe_touches_nothing),
	KUNIT_CASE(answer_resets_a_gpu),
	KUNIT_CASE(answer_knows_only_what_is_managed),
	KUNIT_CASE(answer_fences_off_a_dead_card_until_it_is_alive),
	KUNIT_CASE(answer_says_that_registers_are_dead),
	KUNIT_CASE(answer_declines_companions),
	KUNIT_CASE(a_companion_in_use_leaves_the_bus_to_vfio),
	KUNIT_CASE(a_healthy_gpu_without_flr_is_the_clients_to_reset),
	KUNIT_CASE(a_host_driver_keeps_a_card_from_being_reset),
	KUNIT_CASE(answer_keeps_the_kernel_from_doing_harm),
	KUNIT_CASE(a_card_is_verified_by_config_space_alone),
	KUNIT_CASE(a_sign_fences_nothing_and_climbs_once),
	KUNIT_CASE(answer_bears_lack_of_memory),
	KUNIT_CASE(bus_reset_is_done_with_every_lock),
	KUNIT_CASE(one_bus_reset_at_the_last_close),
	KUNIT_CASE(a_bus_reset_follows_an_flr),
	KUNIT_CASE(bus_reset_is_left_to_the_kernel),
	KUNIT_CASE(bus_reset_leaves_the_iommu_to_the_kernel),
	KUNIT_CASE(answer_has_the_iommu_block_who_is_reset),
	KUNIT_CASE(bus_reset_that_failed_is_written_down),
#ifdef CONFIG_PM
	KUNIT_CASE(bus_reset_finds_everybody_awake),
#endif
	KUNIT_CASE(card_puts_every_reference),
	KUNIT_CASE(lock_idle_says_no_and_lets_go),
	{}
};

static struct kunit_suite card_suite = {
	.name = "gpupt_reset_card",
	.exit = parts_tear_down,
	.test_cases = card_cases,
};

kunit_test_suite(card_suite);
