// SPDX-License-Identifier: Apache-2.0
/*
 * The serial port of the machine, shared: one VM's console or the shell has
 * the keyboard, each VM's output goes out whole lines at a time when another
 * VM is in front, byte by byte when it is itself.
 */
#include "vmm.h"
#include "shell.h"
#include "virtio/virtio.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

#define PREFIX_KEY	0x1du	/* Ctrl-] */
#define INPUT_BYTES	4096u
#define LINE_BYTES	256u

static struct console {
	struct vm *vms;
	uint32_t nr_vms;
	int kvm_fd, wake_fd;
	uint32_t front;			/* nr_vms: the shell */
	uint8_t input[INPUT_BYTES];	/* for the VM in front */
	uint32_t head, count;
	bool prefix, eof;
	char line[SHELL_LINE_BYTES];
	uint32_t line_bytes;
	struct termios saved;
	bool is_tty;
} con;

static pthread_mutex_t out_lock = PTHREAD_MUTEX_INITIALIZER;
static char held[16][LINE_BYTES];	/* lines of VMs in the back */
static uint32_t held_bytes[16];
static bool line_open;			/* the last byte out ended no line */

static void put_bytes(const void *data, size_t bytes)
{
	const uint8_t *p = data;

	if (bytes)
		line_open = p[bytes - 1] != '\n';
	while (bytes) {
		ssize_t n = write(1, p, bytes);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			p += n;
			bytes -= (size_t)n;
		}
	}
}

/* What comes next has a line of its own; by the lock. */
static void line_begin(void)
{
	if (line_open)
		put_bytes("\r\n", 2);
}

void console_message(const char *text)
{
	pthread_mutex_lock(&out_lock);
	line_begin();
	put_bytes(text, strlen(text));
	put_bytes("\r\n", 2);
	pthread_mutex_unlock(&out_lock);
}

static void held_flush(struct vm *vm)
{
	char head[80];
	uint32_t i = vm->index;

	snprintf(head, sizeof(head), "[%s] ", vm->cfg.name);
	line_begin();
	put_bytes(head, strlen(head));
	put_bytes(held[i], held_bytes[i]);
	line_begin();
	held_bytes[i] = 0;
}

void console_output(struct vm *vm, const uint8_t *data, uint32_t bytes)
{
	uint32_t i = vm->index;

	pthread_mutex_lock(&out_lock);
	if (con.front == i) {
		put_bytes(data, bytes);
	} else {
		for (; bytes; bytes--, data++) {
			held[i][held_bytes[i]++] = (char)*data;
			if (*data == '\n' || held_bytes[i] == LINE_BYTES)
				held_flush(vm);
		}
	}
	pthread_mutex_unlock(&out_lock);
}

void console_wake(void)
{
	uint64_t one = 1;

	if (con.wake_fd > 0 && write(con.wake_fd, &one, sizeof(one)) < 0)
		return;		/* the counter is full: it is awake */
}

static void front_set(uint32_t index)
{
	char text[96];

	pthread_mutex_lock(&out_lock);
	con.front = index;
	con.head = con.count = 0;
	line_begin();
	if (index == con.nr_vms)
		put_bytes("socle> ", 7);
	pthread_mutex_unlock(&out_lock);
	if (index == con.nr_vms)
		return;
	snprintf(text, sizeof(text), "vmm: console of %s",
		 con.vms[index].cfg.name);
	console_message(text);
}

static void prefix_key(uint8_t key)
{
	if (key == 's')
		front_set(con.nr_vms);
	else if (key == 'n')
		front_set((con.front + 1) % (con.nr_vms + 1));
	else if (key >= '0' && key < '0' + con.nr_vms)
		front_set((uint32_t)key - '0');
	else if (key == PREFIX_KEY && con.count < INPUT_BYTES)
		con.input[(con.head + con.count++) % INPUT_BYTES] = key;
}

static void shell_key(uint8_t key)
{
	if (key == '\r' || key == '\n') {
		put_bytes("\r\n", 2);
		con.line[con.line_bytes] = 0;
		con.line_bytes = 0;
		shell_run(con.line, con.vms, con.nr_vms, con.kvm_fd);
		if (con.front == con.nr_vms && !shell_quit())
			put_bytes("socle> ", 7);
	} else if ((key == 8 || key == 127) && con.line_bytes) {
		con.line_bytes--;
		put_bytes("\b \b", 3);
	} else if (key >= ' ' && key < 127 && con.line_bytes < SHELL_LINE_BYTES - 1) {
		con.line[con.line_bytes++] = (char)key;
		put_bytes(&key, 1);
	}
}

static void key_input(uint8_t key)
{
	if (con.prefix) {
		con.prefix = false;
		prefix_key(key);
	} else if (key == PREFIX_KEY) {
		con.prefix = true;
	} else if (con.front == con.nr_vms) {
		shell_key(key);
	} else {
		con.input[(con.head + con.count++) % INPUT_BYTES] = key;
	}
}

static void input_read(void)
{
	uint8_t buf[64];
	ssize_t n = read(0, buf, sizeof(buf));
	ssize_t i;

	if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
		con.eof = true;
	for (i = 0; i < n; i++)
		key_input(buf[i]);
}

/* To the console that the VM's description connects with us. */
static bool vm_input(struct vm *vm, const uint8_t *byte)
{
	return vm->cfg.console.mode == CONSOLE_TTY
		? virtio_console_input(vm, byte, 1) : uart_input(vm, byte, 1);
}

/* Gives the VM in front what its FIFO takes. */
static void input_feed(void)
{
	struct vm *vm;

	if (con.front >= con.nr_vms)
		return;
	vm = &con.vms[con.front];
	while (vm->state == VM_RUNNING && con.count &&
	       vm_input(vm, &con.input[con.head])) {
		con.head = (con.head + 1) % INPUT_BYTES;
		con.count--;
	}
}

static const char *const end_text[] = {
	[VM_END_NONE] = "ended", [VM_END_POWEROFF] = "powered off",
	[VM_END_RESET] = "reset", [VM_END_STOPPED] = "stopped",
	[VM_END_ERROR] = "ended by an error", [VM_END_TEST] = "test ended",
};

/* How many VMs run still. */
static uint32_t vms_reap(void)
{
	uint32_t i, running = 0;
	char text[128];

	for (i = 0; i < con.nr_vms; i++) {
		struct vm *vm = &con.vms[i];

		if (__atomic_load_n(&vm->state, __ATOMIC_ACQUIRE) ==
		    VM_STOPPING) {
			vm_join(vm);
			snprintf(text, sizeof(text), "vmm: %s: %s",
				 vm->cfg.name, end_text[vm->end]);
			console_message(text);
			if (vm->end == VM_END_RESET)
				vm_start(vm, con.kvm_fd);
		}
		running += vm->state != VM_STOPPED;
	}
	return running;
}

static void tty_raw(void)
{
	struct termios t;

	con.is_tty = !tcgetattr(0, &con.saved);
	if (!con.is_tty)
		return;
	t = con.saved;
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG | IEXTEN);
	t.c_iflag &= ~(tcflag_t)(ICRNL | IXON);
	t.c_cc[VMIN] = 1;
	tcsetattr(0, TCSANOW, &t);
}

static void loop_once(void)
{
	struct pollfd fds[2] = {
		{ .fd = con.wake_fd, .events = POLLIN },
		{ .fd = 0, .events = POLLIN },
	};
	bool room = con.count + 64 < INPUT_BYTES;
	uint64_t wakes;

	if (poll(fds, !con.eof && room ? 2 : 1, -1) < 0)
		return;
	if (fds[0].revents && read(con.wake_fd, &wakes, sizeof(wakes)) < 0)
		return;
	if (fds[1].revents)
		input_read();
	input_feed();
}

/* Ends when no VM runs and nobody can start one. */
int console_run(struct vm *vms, uint32_t nr_vms, int kvm_fd, bool batch,
		bool exit_when_idle)
{
	con.vms = vms;
	con.nr_vms = nr_vms;
	con.kvm_fd = kvm_fd;
	con.eof = batch;
	con.wake_fd = eventfd(0, EFD_NONBLOCK);
	if (con.wake_fd < 0)
		return -errno;
	printf("vmm: Ctrl-] s: shell, Ctrl-] n: next console, "
	       "Ctrl-] 0..9: console of that VM\r\n");
	fflush(stdout);
	tty_raw();
	while (vms_reap() || !(exit_when_idle || con.eof || shell_quit()))
		loop_once();
	if (con.is_tty)
		tcsetattr(0, TCSANOW, &con.saved);
	return 0;
}
