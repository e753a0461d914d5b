// SPDX-License-Identifier: GPL-2.0
/* D3cold is blocked, and given back exactly as it was. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/pci.h>

#include "fake_bus.h"
#include "gpupt/power.h"
#include "parts.h"

static struct pci_dev *gpu, *audio, *port;

static int set_up(struct kunit *test)
{
	fake_bus_create(test, &fake_bus_gtx1080, NULL);
	gpu = fake_bus_function(fake_bus_slot(test, 0), 0);
	audio = fake_bus_function(fake_bus_slot(test, 0), 1);
	port = fake_bus_port(fake_bus_slot(test, 0));
	return 0;
}

static void tear_down(struct kunit *test)
{
	parts_stop();
	fake_bus_destroy(test);
}

static void block_and_release(struct kunit *test)
{
	unsigned int refs = kref_read(&port->dev.kobj.kref);
	struct gpupt_power of_gpu = {}, of_audio = {};

	KUNIT_ASSERT_FALSE(test, gpu->no_d3cold || audio->no_d3cold || port->no_d3cold);
	gpupt_power_block(gpu, true, &of_gpu);
	KUNIT_EXPECT_TRUE(test, gpu->no_d3cold && port->no_d3cold && !audio->no_d3cold);
	gpupt_power_block(audio, false, &of_audio);
	KUNIT_EXPECT_TRUE(test, !!audio->no_d3cold);
	gpupt_power_release(audio, &of_audio);
	KUNIT_EXPECT_TRUE(test, gpu->no_d3cold && port->no_d3cold && !audio->no_d3cold);
	gpupt_power_release(gpu, &of_gpu);
	KUNIT_EXPECT_FALSE(test, gpu->no_d3cold || audio->no_d3cold || port->no_d3cold);
	KUNIT_EXPECT_EQ(test, kref_read(&port->dev.kobj.kref), refs);
	/* once */
	pci_d3cold_disable(gpu);
	gpupt_power_release(gpu, &of_gpu);
	KUNIT_EXPECT_TRUE(test, !!gpu->no_d3cold);
}

static void block_leaves_what_others_did(struct kunit *test)
{
	struct gpupt_power power = {};

	pci_d3cold_disable(gpu);
	gpupt_power_block(gpu, true, &power);
	KUNIT_EXPECT_TRUE(test, gpu->no_d3cold && port->no_d3cold);
	gpupt_power_release(gpu, &power);
	KUNIT_EXPECT_TRUE(test, gpu->no_d3cold && !port->no_d3cold);

	pci_d3cold_enable(gpu);
	pci_d3cold_disable(port);
	gpupt_power_block(gpu, true, &power);
	gpupt_power_release(gpu, &power);
	KUNIT_EXPECT_TRUE(test, !gpu->no_d3cold && port->no_d3cold);
}

static bool blocks(struct pci_dev *pdev)
{
	struct gpupt_power power = {};
	bool blocked;

	gpupt_power_block(pdev, true, &power);
	blocked = pdev->no_d3cold;
	gpupt_power_release(pdev, &power);
	return blocked;
}

static void d3cold_says_for_which_cards(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && blocks(audio));
	KUNIT_ASSERT_EQ(test, parts_param(test, "d3cold", "allow"), 0);
	KUNIT_EXPECT_FALSE(test, blocks(gpu) || blocks(audio));
	KUNIT_ASSERT_EQ(test, parts_param(test, "d3cold", "block\n"), 0);
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && blocks(audio));
	/* the GPU's ID means its companions */
	KUNIT_ASSERT_EQ(test, parts_param(test, "d3cold", "10de:1b80"), 0);
	KUNIT_EXPECT_FALSE(test, blocks(gpu) || blocks(audio));
	KUNIT_ASSERT_EQ(test, parts_param(test, "d3cold", "10de:10f0"), 0);
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && !blocks(audio));
	KUNIT_ASSERT_EQ(test, parts_param(test, "d3cold", "10de:1b81"), 0);
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && blocks(audio));
	/* what is not understood allows nothing */
	KUNIT_EXPECT_EQ(test, parts_param(test, "d3cold", "10de:1b8,10de:1b80,allow"), 0);
	KUNIT_EXPECT_FALSE(test, blocks(gpu) || blocks(audio));
	KUNIT_EXPECT_EQ(test, parts_param(test, "d3cold", "perhaps"), 0);
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && blocks(audio));
	KUNIT_EXPECT_EQ(test, parts_param(test, "d3cold", "allow,block"), 0);
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && blocks(audio));
	KUNIT_ASSERT_EQ(test, parts_param(test, "d3cold", "block"), 0);
	KUNIT_EXPECT_TRUE(test, blocks(gpu) && blocks(audio));
}

static struct kunit_case power_cases[] = {
	KUNIT_CASE(block_and_release),
	KUNIT_CASE(block_leaves_what_others_did),
	KUNIT_CASE(d3cold_says_for_which_cards),
	{}
};

static struct kunit_suite power_suite = {
	.name = "gpupt_reset_power",
	.init = set_up,
	.exit = tear_down,
	.test_cases = power_cases,
};

kunit_test_suite(power_suite);
