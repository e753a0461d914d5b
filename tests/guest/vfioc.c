// SPDX-License-Identifier: GPL-2.0
/*
 * A small VFIO client: does to a card what QEMU does when a VM starts, reboots and stops, and
 * prints one line per call. Static, for the guest of the tests and for the demonstration.
 *
 *   vfioc BDF[,BDF...] CALL...
 *
 * The devices share one process and one container, as the functions of a card do in a VM. Each
 * call is made for every device in the order given; "CALL@N" is made for the Nth (from 0) alone.
 *
 *   open      container, group, type 1 IOMMU, device (this is what a VM start does to the card)
 *   info      the device's flags
 *   id        vendor and device ID; fails when the card answers all-ones
 *   bars      the base address registers as the VM sees them
 *   enable    memory decoding and bus mastering on
 *   bar0      the first register of BAR 0, by read and through a mapping; fails unless both are
 *             the same number and it is one that a live NVIDIA GPU gives (BAR 0 of any other
 *             function: fails on all-ones only)
 *   reset     VFIO_DEVICE_RESET
 *   hotreset  VFIO_DEVICE_PCI_HOT_RESET, with all groups held
 *   close     close the device; the last one gives group and container back as well
 *   caps      what QEMU sees of the function when it starts, see below
 *   sleep=S   wait S seconds
 *   wait      wait for a line on standard input
 *   ask=CARD  how long the call before took and what the emulated card says of it, see below
 *   hang      wait until killed
 *   offered   VFIO_DEVICE_RESET, if info offers it
 *   vm        open info id bars enable bar0 offered enable bar0
 *
 * Calls of a whole machine, which has all devices, and decides as QEMU does:
 *
 *   start         open info caps, the reset of a machine, enable, and bar0 of the GPU; gives
 *                 everything back when a step fails, as a QEMU that exits
 *   system_reset  the reset of a machine that runs
 *   quit          close; a QEMU that is killed is "hang" and kill -9
 *
 * QEMU 7.2 and 10.0 were read, as Debian 12 and 13 have them: hw/vfio/pci.c, common.c and (10.0)
 * container.c. Both go through the devices from the last one opened to the first, in the lists of
 * VFIO as in those of the guest's buses, and reset a machine twice over:
 *
 *   1. A handler that is registered before the devices' own looks for each device that has no
 *      reset (VFIO_DEVICE_GET_INFO) or only one by power states (no FLR, NoSoftRst-), and for the
 *      first of them resets the bus, if that reaches another device of the machine ("multi");
 *      those that it reaches need no other.
 *   2. Then each device is reset by itself: by VFIO_DEVICE_RESET ("device") unless that is none or
 *      by power states; if that fails by a bus reset, which must not reach another device of the
 *      machine ("single"); and by power states at last ("device" again).
 *
 * Before each of these a device loses decoding and bus mastering and is put into D0; 7.2 does that
 * in the other order, and writes what it read from a device that does not answer. Groups of the
 * other functions have to be the machine's, else there is no bus reset. 10.0 does not start with a
 * device whose interrupt pin cannot be; 7.2 does not look. A QEMU that ends tells its devices
 * nothing: the kernel closes them in the order in which they were opened (runstate.c). Interrupts
 * and the guest's view of BARs are left out.
 *
 * Each ioctl has a line, and each device one for the reset of the machine, with the resets that
 * it got: decision=multi,device, or none, and then the error of the last that was tried.
 *
 * "ask" prints took=MS, the resets that the card saw since the last "ask", and late=MS: how long it
 * had been ready, after the latest of them, when the call before returned (not-ready: it was not
 * yet). A process that is started in between would cost as much as is to be measured, so the client
 * asks itself, several times: each answer, in whole milliseconds, says that the card became ready
 * between (question - answer - 1) and (reply - answer) of the client's own clock. What all of them
 * allow is within=MS to both sides of what is printed, as long as the way to the card takes.
 *
 *   vfioc --config BDF OFFSET SIZE[=VALUE]   reads or writes config space through sysfs
 *   vfioc --bars BDF                         memory BARs as the kernel assigned them and, in a
 *                                            second line, as the card has them
 *   vfioc --bar0 BDF OFFSET                  reads BAR 0 through sysfs, memory decoding on meanwhile
 *   vfioc --write FILE TEXT                  writes and says which errno came back, and when
 *   vfioc --as WHO ...                       the same as user (nobody), as nocap (root without
 *                                            CAP_SYS_ADMIN) or as userns (root of a user namespace)
 *   vfioc --control TTY TEXT...              commands to the emulated cards, and their replies;
 *                                            whoever else does this waits meanwhile
 *   vfioc --fuzz ...                         see fuzz.c
 *
 * Exit 0 only when every call succeeded; a device that did not open is left out of later calls.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

#define MAX_DEVICES	16
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define VENDOR_NVIDIA	0x10de
#define CLASS_DISPLAY	0x03

/* Numbers that calls of ours end with and no system call does. */
enum { E_DEAD = 10000, E_SIGBUS };

struct device {
	const char *bdf;
	int group;	/* index into groups[], -1 while closed */
	int fd;
	int pm;		/* its power management capability, 0 without */
	bool has_reset, has_flr, has_pm_reset;
	bool needs_reset;
	int error;	/* of the last reset that was tried */
	char got[64];	/* resets that worked */
};

struct group {
	int number;
	int fd;
	int users;
};

static struct device devices[MAX_DEVICES];
static struct group groups[MAX_DEVICES];
static int ndevices, ngroups;
static int container = -1;
static sigjmp_buf bus_error;

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e3 + ts.tv_nsec / 1e6;
}

static const char *error_name(int error)
{
	switch (error) {
	case 0:
		return "0";
	case E_DEAD:
		return "DEAD";
	case E_SIGBUS:
		return "SIGBUS";
	default:
		return strerrorname_np(error) ?: "unknown";
	}
}

static void on_bus_error(int signal)
{
	(void)signal;
	siglongjmp(bus_error, 1);
}

/* Reads one register through a mapping: a device whose memory is off answers with SIGBUS. */
static int read_mapped(int fd, off_t at, size_t size, off_t offset, uint32_t *value)
{
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, at);
	int error = 0;

	if (map == MAP_FAILED)
		return errno;
	if (!sigsetjmp(bus_error, 1))
		*value = *(volatile uint32_t *)((char *)map + offset);
	else
		error = E_SIGBUS;
	munmap(map, size);
	return error;
}

static int region(struct device *dev, int index, struct vfio_region_info *info)
{
	memset(info, 0, sizeof(*info));
	info->argsz = sizeof(*info);
	info->index = index;
	return ioctl(dev->fd, VFIO_DEVICE_GET_REGION_INFO, info) ? errno : 0;
}

/* A short read is an error like any other. */
static int transfer(ssize_t done, size_t wanted)
{
	if (done < 0)
		return errno;
	return (size_t)done == wanted ? 0 : EIO;
}

static int config_read(struct device *dev, int at, void *value, size_t size)
{
	struct vfio_region_info info;
	int error = region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	return error ?: transfer(pread(dev->fd, value, size, info.offset + at), size);
}

static int config_write(struct device *dev, int at, const void *value, size_t size)
{
	struct vfio_region_info info;
	int error = region(dev, VFIO_PCI_CONFIG_REGION_INDEX, &info);

	return error ?: transfer(pwrite(dev->fd, value, size, info.offset + at), size);
}

static int group_number(const char *bdf)
{
	char path[64], target[PATH_MAX];
	ssize_t n;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", bdf);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -1;
	target[n] = '\0';
	return atoi(strrchr(target, '/') + 1);
}

static int open_group(const char *bdf, int *index)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int number = group_number(bdf);
	struct group *group;
	char path[64];
	int i, error;

	if (number < 0)
		return errno;
	for (i = 0; i < ngroups && groups[i].number != number; i++)
		;
	group = &groups[i];
	if (i == ngroups) {
		*group = (struct group){ .number = number, .fd = -1 };
		ngroups++;
	}
	*index = i;
	if (group->users)
		goto held;

	if (container < 0) {
		container = open("/dev/vfio/vfio", O_RDWR | O_CLOEXEC);
		if (container < 0)
			return errno;
	}
	snprintf(path, sizeof(path), "/dev/vfio/%d", number);
	group->fd = open(path, O_RDWR | O_CLOEXEC);
	if (group->fd < 0)
		return errno;
	if (ioctl(group->fd, VFIO_GROUP_GET_STATUS, &status)) {
		error = errno;
		goto err_close_group;
	}
	if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
		error = EPERM;
		goto err_close_group;
	}
	/* The second group of a container finds its IOMMU set. */
	if (ioctl(group->fd, VFIO_GROUP_SET_CONTAINER, &container) ||
	    (ioctl(container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) && errno != EBUSY &&
	     errno != EINVAL)) {
		error = errno;
		goto err_close_group;
	}
held:
	group->users++;
	return 0;

err_close_group:
	close(group->fd);
	group->fd = -1;
	return error;
}

static void put_group(int index)
{
	struct group *group = &groups[index];
	int i;

	if (--group->users)
		return;
	close(group->fd);
	group->fd = -1;
	for (i = 0; i < ngroups; i++)
		if (groups[i].users)
			return;
	close(container);
	container = -1;
}

static int call_open(struct device *dev, char *said, size_t room)
{
	int error, index = -1;

	error = open_group(dev->bdf, &index);
	if (error)
		return error;
	dev->fd = ioctl(groups[index].fd, VFIO_GROUP_GET_DEVICE_FD, dev->bdf);
	if (dev->fd < 0) {
		error = errno;
		put_group(index);
		return error;
	}
	dev->group = index;
	snprintf(said, room, "group=%d", groups[index].number);
	return 0;
}

static int call_info(struct device *dev, char *said, size_t room)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		return errno;
	dev->has_reset = info.flags & VFIO_DEVICE_FLAGS_RESET;
	snprintf(said, room, "flags=0x%x reset=%d", info.flags, dev->has_reset);
	return 0;
}

static int find_capability(struct device *dev, uint8_t id)
{
	uint8_t at = PCI_CAPABILITY_LIST, entry[2];
	int left;

	for (left = 48; left; left--) {
		if (config_read(dev, at, &at, 1) || at < PCI_STD_HEADER_SIZEOF ||
		    config_read(dev, at, entry, sizeof(entry)))
			return 0;
		if (entry[0] == id)
			return at;
		at++;
	}
	return 0;
}

static int call_caps(struct device *dev, char *said, size_t room)
{
	int exp = find_capability(dev, PCI_CAP_ID_EXP);
	uint32_t devcap = 0;
	uint16_t pmcsr = PCI_PM_CTRL_NO_SOFT_RESET;
	uint8_t pin;
	int error;

	dev->pm = find_capability(dev, PCI_CAP_ID_PM);
	error = config_read(dev, PCI_INTERRUPT_PIN, &pin, sizeof(pin));
	if (!error && exp)
		error = config_read(dev, exp + PCI_EXP_DEVCAP, &devcap, sizeof(devcap));
	if (!error && dev->pm)
		error = config_read(dev, dev->pm + PCI_PM_CTRL, &pmcsr, sizeof(pmcsr));
	if (error)
		return error;
	dev->has_flr = devcap & PCI_EXP_DEVCAP_FLR;
	dev->has_pm_reset = !(pmcsr & PCI_PM_CTRL_NO_SOFT_RESET);
	snprintf(said, room, "pin=%d flr=%d pm_reset=%d", pin, dev->has_flr, dev->has_pm_reset);
	return pin > 4 ? EINVAL : 0;
}

static int call_id(struct device *dev, char *said, size_t room)
{
	uint16_t id[2];
	int error = config_read(dev, PCI_VENDOR_ID, id, sizeof(id));

	if (error)
		return error;
	snprintf(said, room, "id=%04x:%04x", id[0], id[1]);
	return id[0] == 0xffff || id[0] == 0x0001 ? E_DEAD : 0;
}

static int call_bars(struct device *dev, char *said, size_t room)
{
	uint32_t bar[6];
	int error = config_read(dev, PCI_BASE_ADDRESS_0, bar, sizeof(bar));

	if (error)
		return error;
	snprintf(said, room, "bars=%08x,%08x,%08x,%08x,%08x,%08x",
		 bar[0], bar[1], bar[2], bar[3], bar[4], bar[5]);
	return 0;
}

static int call_enable(struct device *dev, char *said, size_t room)
{
	uint16_t command;
	int error = config_read(dev, PCI_COMMAND, &command, sizeof(command));

	if (error)
		return error;
	command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER;
	error = config_write(dev, PCI_COMMAND, &command, sizeof(command));
	if (!error)
		error = config_read(dev, PCI_COMMAND, &command, sizeof(command));
	snprintf(said, room, "command=0x%04x", command);
	return error;
}

/* What registers of a GPU that is not there, or not awake, read as. */
static bool looks_dead(uint32_t value, bool gpu)
{
	if (value == UINT32_MAX)
		return true;
	return gpu && (!value || value >> 16 == 0xbadf || value >> 16 == 0xbad0);
}

static int call_bar0(struct device *dev, char *said, size_t room)
{
	struct vfio_region_info info;
	uint32_t by_read = 0, by_map = 0;
	int error, map_error;
	uint16_t vendor;
	uint8_t class;
	bool gpu;

	error = config_read(dev, PCI_VENDOR_ID, &vendor, sizeof(vendor));
	error = error ?: config_read(dev, PCI_CLASS_DEVICE + 1, &class, sizeof(class));
	error = error ?: region(dev, VFIO_PCI_BAR0_REGION_INDEX, &info);
	if (error)
		return error;
	gpu = (vendor == VENDOR_NVIDIA || vendor == 0xffff) &&
	      (class == CLASS_DISPLAY || class == 0xff);
	if (!info.size)
		return ENXIO;
	error = transfer(pread(dev->fd, &by_read, sizeof(by_read), info.offset), sizeof(by_read));
	if (!(info.flags & VFIO_REGION_INFO_FLAG_MMAP)) {
		snprintf(said, room, "read=%08x", by_read);
		return error ?: looks_dead(by_read, gpu) ? E_DEAD : 0;
	}
	map_error = read_mapped(dev->fd, info.offset, getpagesize(), 0, &by_map);
	snprintf(said, room, "read=%08x read_errno=%s map=%08x map_errno=%s", by_read,
		 error_name(error), by_map, error_name(map_error));
	if (error || map_error)
		return error ?: map_error;
	return by_read != by_map || looks_dead(by_read, gpu) ? E_DEAD : 0;
}

static int call_reset(struct device *dev, char *said, size_t room)
{
	(void)said, (void)room;
	return ioctl(dev->fd, VFIO_DEVICE_RESET) ? errno : 0;
}

static int call_offered(struct device *dev, char *said, size_t room)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };

	if (ioctl(dev->fd, VFIO_DEVICE_GET_INFO, &info))
		return errno;
	if (info.flags & VFIO_DEVICE_FLAGS_RESET)
		return call_reset(dev, said, room);
	snprintf(said, room, "none");
	return 0;
}

static bool reaches(const struct vfio_pci_hot_reset_info *info, const struct group *group)
{
	unsigned int i;

	for (i = 0; i < info->count; i++)
		if (info->devices[i].group_id == (unsigned int)group->number)
			return true;
	return false;
}

/* With the groups of the machine that @info names, or with all when that is NULL. */
static int bus_reset(struct device *dev, const struct vfio_pci_hot_reset_info *info, char *said,
		     size_t room)
{
	union {
		struct vfio_pci_hot_reset head;
		char room[sizeof(struct vfio_pci_hot_reset) + MAX_DEVICES * sizeof(int32_t)];
	} request = { .head = { .argsz = sizeof(request) } };
	int i, n = 0;

	for (i = 0; i < ngroups; i++)
		if (groups[i].users && (!info || reaches(info, &groups[i])))
			request.head.group_fds[n++] = groups[i].fd;
	request.head.count = n;
	snprintf(said, room, "groups=%d", n);
	return ioctl(dev->fd, VFIO_DEVICE_PCI_HOT_RESET, &request) ? errno : 0;
}

static int call_hotreset(struct device *dev, char *said, size_t room)
{
	return bus_reset(dev, NULL, said, room);
}

static int call_close(struct device *dev, char *said, size_t room)
{
	int error = close(dev->fd) ? errno : 0;

	(void)said, (void)room;
	put_group(dev->group);
	dev->group = -1;
	return error;
}

static const struct {
	const char *name;
	int (*run)(struct device *dev, char *said, size_t room);
	bool while_closed;
} calls[] = {
	{ "open", call_open, true },
	{ "info", call_info, false },
	{ "caps", call_caps, false },
	{ "id", call_id, false },
	{ "bars", call_bars, false },
	{ "enable", call_enable, false },
	{ "bar0", call_bar0, false },
	{ "reset", call_reset, false },
	{ "offered", call_offered, false },
	{ "hotreset", call_hotreset, false },
	{ "close", call_close, false },
};

static const char * const vm_calls[] = {
	"open", "info", "id", "bars", "enable", "bar0", "offered", "enable", "bar0",
};

static void usage(const char *wrong)
{
	fprintf(stderr, "vfioc: %s; usage: vfioc BDF[,BDF...] CALL... (calls: see vfioc.c)\n", wrong);
	exit(2);
}

static bool say(struct device *dev, const char *name, int error, double start, const char *said)
{
	printf("%s %s rc=%d errno=%s ms=%.0f%s%s\n", dev->bdf, name, error ? -1 : 0,
	       error_name(error), now_ms() - start, *said ? " " : "", said);
	return !error;
}

static bool run_one(struct device *dev, unsigned int which)
{
	char said[128] = "";
	double start = now_ms();
	int error;

	error = calls[which].run(dev, said, sizeof(said));
	return say(dev, calls[which].name, error, start, said);
}

static bool run(const char *call);

/* --- a machine --- */

static void stop_device(struct device *dev)
{
	uint16_t command, pmcsr;

	if (!config_read(dev, PCI_COMMAND, &command, sizeof(command))) {
		command &= ~(PCI_COMMAND_IO | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
			     PCI_COMMAND_INTX_DISABLE);
		config_write(dev, PCI_COMMAND, &command, sizeof(command));
	}
	if (!dev->pm || config_read(dev, dev->pm + PCI_PM_CTRL, &pmcsr, sizeof(pmcsr)) ||
	    !(pmcsr & PCI_PM_CTRL_STATE_MASK))
		return;
	pmcsr &= ~PCI_PM_CTRL_STATE_MASK;
	config_write(dev, dev->pm + PCI_PM_CTRL, &pmcsr, sizeof(pmcsr));
}

/* Notes a reset of a device that was tried, and by which decision. */
static void tried(struct device *dev, int error, const char *decision)
{
	size_t length = strlen(dev->got);

	dev->error = error;
	if (!error)
		snprintf(dev->got + length, sizeof(dev->got) - length, "%s%s",
			 length ? "," : "", decision);
}

static int device_reset(struct device *dev)
{
	double start = now_ms();
	int error = call_reset(dev, NULL, 0);

	say(dev, "reset", error, start, "decision=device");
	tried(dev, error, "device");
	return error;
}

union hot_reset_info {
	struct vfio_pci_hot_reset_info head;
	char room[sizeof(struct vfio_pci_hot_reset_info) +
		  MAX_DEVICES * sizeof(struct vfio_pci_dependent_device)];
};

static struct group *find_group(unsigned int number)
{
	int i;

	for (i = 0; i < ngroups; i++)
		if (groups[i].users && (unsigned int)groups[i].number == number)
			return &groups[i];
	return NULL;
}

/* The machine's device that @at is, or NULL. */
static struct device *find_device(const struct vfio_pci_dependent_device *at)
{
	char bdf[32];
	int d;

	snprintf(bdf, sizeof(bdf), "%04x:%02x:%02x.%x", at->segment, at->bus, at->devfn >> 3,
		 at->devfn & 7);
	for (d = 0; d < ndevices; d++)
		if (devices[d].group >= 0 && !strcmp(devices[d].bdf, bdf))
			return &devices[d];
	return NULL;
}

/*
 * What else a bus reset of @dev reaches is stopped for "multi", and refused for "single". Return:
 * an error when there is to be no bus reset.
 */
static int prepare_hot_reset(struct device *dev, const struct vfio_pci_hot_reset_info *info,
			     bool single)
{
	bool multi = false;
	unsigned int i;

	for (i = 0; i < info->count; i++) {
		struct device *other = find_device(&info->devices[i]);

		if (other == dev)
			continue;
		if (!find_group(info->devices[i].group_id))
			return EPERM;
		if (!other)
			continue;
		if (single)
			return EINVAL;
		stop_device(other);
		other->needs_reset = false;
		multi = true;
	}
	return single || multi ? 0 : EINVAL;
}

static void note_hot_reset(struct device *dev, const struct vfio_pci_hot_reset_info *info,
			   int error, const char *decision)
{
	struct device *other;
	unsigned int i;

	for (i = 0; i < info->count; i++) {
		other = find_device(&info->devices[i]);
		if (other && other != dev)
			tried(other, error, decision);
	}
	tried(dev, error, decision);
}

static int hot_reset(struct device *dev, bool single)
{
	union hot_reset_info info = { .head = { .argsz = sizeof(info) } };
	const char *decision = single ? "single" : "multi";
	char said[32], more[48] = "";
	double start = now_ms();
	int error;

	if (!single)
		stop_device(dev);
	dev->needs_reset = false;
	error = ioctl(dev->fd, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &info) ? errno : 0;
	snprintf(said, sizeof(said), "functions=%u", error ? 0 : info.head.count);
	say(dev, "hotinfo", error, start, said);
	error = error ?: prepare_hot_reset(dev, &info.head, single);
	if (error) {
		tried(dev, error, decision);
		return error;
	}

	start = now_ms();
	error = bus_reset(dev, &info.head, said, sizeof(said));
	snprintf(more, sizeof(more), "%s decision=%s", said, decision);
	say(dev, "hotreset", error, start, more);
	note_hot_reset(dev, &info.head, error, decision);
	return error;
}

static void reset_one(struct device *dev)
{
	stop_device(dev);
	if (dev->has_reset && (dev->has_flr || !dev->has_pm_reset) && !device_reset(dev))
		return;
	if (!hot_reset(dev, true))
		return;
	if (dev->has_reset && dev->has_pm_reset)
		device_reset(dev);
}

/* For all devices, which are open. Return: true when each was reset. */
static bool reset_machine(const char *name)
{
	double start = now_ms();
	bool good = true;
	char said[80];
	int d;

	for (d = 0; d < ndevices; d++) {
		struct device *dev = &devices[d];

		dev->error = 0;
		*dev->got = '\0';
		dev->needs_reset = !dev->has_reset || (!dev->has_flr && dev->has_pm_reset);
	}
	for (d = ndevices - 1; d >= 0; d--)
		if (devices[d].needs_reset)
			hot_reset(&devices[d], false);
	for (d = ndevices - 1; d >= 0; d--)
		reset_one(&devices[d]);
	for (d = 0; d < ndevices; d++) {
		struct device *dev = &devices[d];

		snprintf(said, sizeof(said), "decision=%s", *dev->got ? dev->got : "none");
		good &= say(dev, name, *dev->got ? 0 : dev->error, start, said);
	}
	return good;
}

static bool system_reset(void)
{
	int d;

	for (d = 0; d < ndevices; d++)
		if (devices[d].group < 0)
			return false;
	return reset_machine("system_reset");
}

static bool quit(void)
{
	bool good = true;
	char call[32];
	int d;

	for (d = 0; d < ndevices; d++) {
		if (devices[d].group < 0)
			continue;
		snprintf(call, sizeof(call), "close@%d", d);
		good &= run(call);
	}
	return good;
}

static bool start(void)
{
	static const char * const for_each[] = { "open", "info", "caps" };
	unsigned int i;
	char call[32];
	bool good;
	int d;

	for (d = 0; d < ndevices; d++) {
		for (i = 0; i < ARRAY_SIZE(for_each); i++) {
			snprintf(call, sizeof(call), "%s@%d", for_each[i], d);
			if (run(call))
				continue;
			quit();
			return false;
		}
	}
	/* That a reset failed is said on standard error, and the machine starts. */
	reset_machine("start");
	good = run("enable");
	return run("bar0@0") && good;
}

static bool wait_for_line(void)
{
	char c;

	printf("wait\n");
	do {
		if (read(STDIN_FILENO, &c, 1) != 1)
			return false;
	} while (c != '\n');
	return true;
}

static const struct {
	const char *name;
	bool (*run)(void);
} machine_calls[] = {
	{ "start", start },
	{ "system_reset", system_reset },
	{ "quit", quit },
	{ "wait", wait_for_line },
};

/* --- the emulated cards --- */

#define CONTROL_TTY	"/dev/ttyS2"
/* More narrow it down no further. */
#define QUESTIONS	8

/*
 * The emulated UART was seen to keep a reply to itself until its registers were written again, about
 * once in three thousand commands; a change of settings does that.
 */
static bool wait_for_reply(struct pollfd *tty)
{
	struct termios settings;
	int second, change;

	for (second = 0; second < 10; second++) {
		if (poll(tty, 1, 1000) == 1)
			return true;
		for (change = 0; change < 2; change++) {
			if (tcgetattr(tty->fd, &settings))
				return false;
			settings.c_cflag ^= CSTOPB;
			tcsetattr(tty->fd, TCSANOW, &settings);
		}
	}
	return false;
}

static bool control(struct pollfd *tty, const char *command, char *reply, size_t room)
{
	size_t n = 0;

	dprintf(tty->fd, "%s\n", command);
	while (n < room - 1 && wait_for_reply(tty) && read(tty->fd, reply + n, 1) == 1) {
		if (reply[n] == '\n') {
			reply[n] = '\0';
			return true;
		}
		n++;
	}
	*reply = '\0';
	fprintf(stderr, "vfioc: no reply to \"%s\"\n", command);
	return false;
}

/* Until tty->fd and *lock are closed, others wait. */
static bool open_control(const char *path, struct pollfd *tty, int *lock)
{
	*tty = (struct pollfd){ .fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), .events = POLLIN };
	*lock = open("/run/control", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (tty->fd >= 0 && *lock >= 0 && !flock(*lock, LOCK_EX) && !tcflush(tty->fd, TCIFLUSH))
		return true;
	perror("vfioc: control");
	return false;
}

static int control_all(const char *path, char **commands)
{
	struct pollfd tty;
	char reply[256];
	int lock;

	if (!open_control(path, &tty, &lock))
		return 1;
	for (; *commands; commands++) {
		if (!control(&tty, *commands, reply, sizeof(reply)))
			return 1;
		puts(reply);
	}
	return 0;
}

/* The call before "ask", and when it began and returned. */
static struct {
	const char *call;
	double began, ended;
} before;

/* When did the card become ready? Sets both limits. Return: false when it is not. */
static bool ask_ready(struct pollfd *tty, const char *card, char *reply, size_t room,
		      double *first, double *last)
{
	double sent, received;
	char command[64];
	unsigned int i, ago;

	snprintf(command, sizeof(command), "%s ready-ago", card);
	for (i = 0; i < QUESTIONS; i++) {
		sent = now_ms();
		if (!control(tty, command, reply, room) || sscanf(reply, "ok %u", &ago) != 1)
			return false;
		received = now_ms();
		if (!i || sent - ago - 1 > *first)
			*first = sent - ago - 1;
		if (!i || received - ago < *last)
			*last = received - ago;
	}
	return true;
}

static bool ask_count(struct pollfd *tty, const char *card, const char *reset, unsigned int *count)
{
	char command[64], reply[64];

	snprintf(command, sizeof(command), "%s count %s", card, reset);
	return control(tty, command, reply, sizeof(reply)) && sscanf(reply, "ok %u", count) == 1;
}

static bool ask(const char *card)
{
	char command[64], reply[64], late[80];
	unsigned int flr = 0, sbr = 0;
	double first, last;
	struct pollfd tty;
	bool good = false;
	int lock;

	if (!before.call || !open_control(CONTROL_TTY, &tty, &lock))
		return false;
	if (ask_ready(&tty, card, reply, sizeof(reply), &first, &last))
		snprintf(late, sizeof(late), "%.1f within=%.1f",
			 before.ended - (first + last) / 2, (last - first) / 2);
	else if (!strncmp(reply, "ok ", 3))
		snprintf(late, sizeof(late), "%s within=0", reply + 3);
	else
		goto out_close;
	snprintf(command, sizeof(command), "%s clear", card);
	good = ask_count(&tty, card, "flr", &flr) && ask_count(&tty, card, "sbr", &sbr) &&
	       control(&tty, command, reply, sizeof(reply)) && !strcmp(reply, "ok");
	printf("ask %s %s took=%.1f flr=%u sbr=%u late=%s\n", card, before.call,
	       before.ended - before.began, flr, sbr, late);

out_close:
	close(tty.fd);
	close(lock);
	return good;
}

/* --- calls --- */

static bool run(const char *call)
{
	const char *at = strchrnul(call, '@');
	size_t length = at - call;
	unsigned int which, i;
	int first = 0, last = ndevices - 1, d;
	bool good = true;

	if (!strcmp(call, "vm")) {
		for (i = 0; i < ARRAY_SIZE(vm_calls); i++)
			good &= run(vm_calls[i]);
		return good;
	}
	if (!strcmp(call, "hang")) {
		printf("hang\n");
		pause();
	}
	for (i = 0; i < ARRAY_SIZE(machine_calls); i++)
		if (!strcmp(call, machine_calls[i].name))
			return machine_calls[i].run();
	if (!strncmp(call, "ask=", 4))
		return ask(call + 4);
	if (!strncmp(call, "sleep=", 6)) {
		usleep(atof(call + 6) * 1e6);
		return true;
	}
	for (which = 0; which < ARRAY_SIZE(calls); which++)
		if (strlen(calls[which].name) == length && !strncmp(call, calls[which].name, length))
			break;
	if (which == ARRAY_SIZE(calls))
		usage("no such call");
	if (*at) {
		first = atoi(at + 1);
		last = first;
		if (first < 0 || first >= ndevices)
			usage("no such device");
	}
	for (d = first; d <= last; d++) {
		if (calls[which].while_closed != (devices[d].group < 0)) {
			printf("%s %s rc=-1 errno=%s ms=0\n", devices[d].bdf, calls[which].name,
			       devices[d].group < 0 ? "ENODEV" : "EALREADY");
			good = false;
			continue;
		}
		good &= run_one(&devices[d], which);
	}
	return good;
}

static int sysfs_open(const char *bdf, const char *file, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", bdf, file);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "vfioc: %s: %s\n", path, strerror(errno));
		exit(1);
	}
	return fd;
}

/* Config space through sysfs: reads as all-ones where the card does not answer. */
static int peek(int fd, off_t at, size_t size, uint32_t *value)
{
	*value = 0;
	return transfer(pread(fd, value, size, at), size);
}

static int sysfs_config(const char *bdf, const char *offset, const char *size)
{
	char *assign = strchr(size, '=');
	int fd = sysfs_open(bdf, "config", O_RDWR);
	off_t at = strtoul(offset, NULL, 0);
	size_t bytes = strtoul(size, NULL, 0);
	uint32_t value;
	int error;

	if (bytes != 1 && bytes != 2 && bytes != 4)
		usage("a size is 1, 2 or 4");
	if (assign) {
		value = strtoul(assign + 1, NULL, 0);
		error = transfer(pwrite(fd, &value, bytes, at), bytes);
	} else {
		error = peek(fd, at, bytes, &value);
		if (!error)
			printf("%0*" PRIx32 "\n", (int)bytes * 2, value);
	}
	if (error)
		fprintf(stderr, "vfioc: config space of %s: %s\n", bdf, strerror(error));
	return !!error;
}

/* Flags in the third column of a "resource" file (linux/ioport.h). */
#define RESOURCE_MEM	0x00000200
#define RESOURCE_MEM64	0x00100000

static int sysfs_bars(const char *bdf)
{
	FILE *file = fdopen(sysfs_open(bdf, "resource", O_RDONLY), "r");
	int fd = sysfs_open(bdf, "config", O_RDONLY);
	uint64_t start, end, flags;
	char has[128] = "";
	uint32_t low, high;
	int i, error = 0;

	if (!file)
		return 1;
	printf("kernel");
	for (i = 0; i < 6; i++) {
		if (fscanf(file, "%" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &flags) != 3)
			return 1;
		if (!(flags & RESOURCE_MEM))
			continue;
		error = error ?: peek(fd, PCI_BASE_ADDRESS_0 + 4 * i, 4, &low);
		high = 0;
		if (flags & RESOURCE_MEM64)
			error = error ?: peek(fd, PCI_BASE_ADDRESS_0 + 4 * (i + 1), 4, &high);
		printf(" %08" PRIx32 "%08" PRIx32, (uint32_t)(start >> 32), (uint32_t)start);
		snprintf(has + strlen(has), sizeof(has) - strlen(has), " %08" PRIx32 "%08" PRIx32,
			 high, low & ~15U);
	}
	printf("\ncard  %s\n", has);
	return !!error;
}

static int sysfs_bar0(const char *bdf, const char *offset)
{
	int fd = sysfs_open(bdf, "config", O_RDWR), page = getpagesize(), error;
	off_t at = strtoul(offset, NULL, 0);
	uint32_t command, on, value;

	error = peek(fd, PCI_COMMAND, 2, &command);
	on = command | PCI_COMMAND_MEMORY;
	error = error ?: transfer(pwrite(fd, &on, 2, PCI_COMMAND), 2);
	error = error ?: read_mapped(sysfs_open(bdf, "resource0", O_RDWR), at & -page, page,
				     at & (page - 1), &value);
	error = error ?: transfer(pwrite(fd, &command, 2, PCI_COMMAND), 2);
	if (error)
		fprintf(stderr, "vfioc: BAR 0 of %s: %s\n", bdf, error_name(error));
	else
		printf("%08" PRIx32 "\n", value);
	return !!error;
}

static int write_file(const char *path, const char *text)
{
	double start = now_ms();
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = fd < 0 ? errno : 0;

	error = error ?: transfer(write(fd, text, strlen(text)), strlen(text));
	printf("errno=%s ms=%.0f\n", error_name(error), now_ms() - start);
	return !!error;
}

static void write_or_die(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text)) {
		perror(path);
		exit(1);
	}
	close(fd);
}

static void become(const char *who)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];
	int ret = 0;

	if (!strcmp(who, "user")) {
		ret = (int)syscall(SYS_setgroups, 0, NULL) ?: setgid(65534) ?: setuid(65534);
	} else if (!strcmp(who, "nocap")) {
		ret = prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN) ?: (int)syscall(SYS_capget, &header, caps);
		caps[0].effective &= ~(1U << CAP_SYS_ADMIN);
		caps[0].permitted &= ~(1U << CAP_SYS_ADMIN);
		caps[0].inheritable &= ~(1U << CAP_SYS_ADMIN);
		ret = ret ?: (int)syscall(SYS_capset, &header, caps);
	} else if (!strcmp(who, "userns")) {
		ret = unshare(CLONE_NEWUSER);
		if (!ret)
			write_or_die("/proc/self/uid_map", "0 0 1");
	} else {
		usage("--as user, nocap or userns");
	}
	if (ret) {
		perror("vfioc: --as");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = on_bus_error };
	bool good = true;
	char *bdf;
	int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	sigaction(SIGBUS, &action, NULL);
	if (argc > 3 && !strcmp(argv[1], "--as")) {
		become(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc == 5 && !strcmp(argv[1], "--config"))
		return sysfs_config(argv[2], argv[3], argv[4]);
	if (argc == 3 && !strcmp(argv[1], "--bars"))
		return sysfs_bars(argv[2]);
	if (argc == 4 && !strcmp(argv[1], "--bar0"))
		return sysfs_bar0(argv[2], argv[3]);
	if (argc == 4 && !strcmp(argv[1], "--write"))
		return write_file(argv[2], argv[3]);
	if (argc >= 4 && !strcmp(argv[1], "--control"))
		return control_all(argv[2], argv + 3);
	if (argc >= 2 && !strcmp(argv[1], "--fuzz"))
		return fuzz(argc - 2, argv + 2);
	if (argc < 3 || argv[1][0] == '-')
		usage("too few arguments");
	for (bdf = strtok(argv[1], ","); bdf; bdf = strtok(NULL, ",")) {
		if (ndevices == MAX_DEVICES)
			usage("too many devices");
		devices[ndevices++] = (struct device){ .bdf = bdf, .group = -1, .fd = -1 };
	}
	if (!ndevices)
		usage("no device");
	for (i = 2; i < argc; i++) {
		double start = now_ms();

		good &= run(argv[i]);
		if (strncmp(argv[i], "ask=", 4)) {
			before.call = argv[i];
			before.began = start;
			before.ended = now_ms();
		}
	}
	return !good;
}
