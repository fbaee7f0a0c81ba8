// SPDX-License-Identifier: Apache-2.0
/*
 * A 16550A at 0x3f8, IRQ 4: output never waits, input has a FIFO.
 *
 * Drivers clear the FIFO while they probe and start; nothing may be lost then.
 * So input waits until the driver takes interrupts (OUT2 and the receive
 * interrupt enabled) or polls the line status again and again.
 */
#include "vmm.h"

#include <string.h>

#define UART_IRQ 4u

#define IER_RX		0x01u
#define IER_THRE	0x02u
#define IER_LINE	0x04u
#define LSR_DR		0x01u
#define LSR_OE		0x02u
#define LSR_EMPTY	0x60u	/* THR and shift register empty */
#define LCR_DLAB	0x80u
#define MCR_OUT2	0x08u
#define MCR_LOOP	0x10u
#define FCR_ENABLE	0x01u
#define FCR_CLEAR_RX	0x02u

#define POLLS_OF_READER	16u	/* in a row, with nothing to be sent */

static uint8_t iir_value(const struct uart *u)
{
	uint8_t fifo = (u->fcr & FCR_ENABLE) ? 0xc0 : 0;

	if ((u->ier & IER_LINE) && (u->lsr & LSR_OE))
		return fifo | 0x06;
	if ((u->ier & IER_RX) && u->count)
		return fifo | 0x04;
	if ((u->ier & IER_THRE) && u->thre_pending)
		return fifo | 0x02;
	return fifo | 0x01;
}

/* The line follows the state; called with the lock held. */
static void irq_update(struct vm *vm)
{
	struct uart *u = &vm->uart;
	bool level = !(iir_value(u) & 1);

	/* Real PCs gate IRQ 4 with OUT2; loopback cuts it off. */
	if (!(u->mcr & MCR_OUT2) || (u->mcr & MCR_LOOP))
		level = false;
	if (level == u->irq_level)
		return;
	u->irq_level = level;
	vm_irq_line(vm, UART_IRQ, level);
}

static void rx_push(struct uart *u, uint8_t byte)
{
	uint32_t slot;

	if (u->count == sizeof(u->fifo)) {
		u->lsr |= LSR_OE;
		return;
	}
	slot = (u->head + u->count) % (uint32_t)sizeof(u->fifo);
	u->fifo[slot] = byte;
	u->count++;
}

static uint8_t rx_pop(struct uart *u)
{
	uint8_t byte;

	if (!u->count)
		return 0;
	byte = u->fifo[u->head];
	u->head = (u->head + 1) % (uint32_t)sizeof(u->fifo);
	u->count--;
	return byte;
}

void uart_init(struct vm *vm)
{
	struct uart *u = &vm->uart;

	memset(u, 0, sizeof(*u));
	pthread_mutex_init(&u->lock, NULL);
	u->lsr = LSR_EMPTY;
	u->dll = 12;
}

/* In loopback the outputs of MCR appear as the inputs of MSR. */
static uint8_t msr_value(const struct uart *u)
{
	uint8_t m = u->mcr;

	if (!(m & MCR_LOOP))
		return 0xb0;
	return (uint8_t)((m & 0x02) << 3 | (m & 0x01) << 5 |
			 (m & 0x0c) << 4);
}

static uint8_t reg_read(struct uart *u, uint32_t reg)
{
	bool dlab = u->lcr & LCR_DLAB;
	uint8_t value;

	switch (reg) {
	case 0:
		return dlab ? u->dll : rx_pop(u);
	case 1:
		return dlab ? u->dlm : u->ier;
	case 2:
		value = iir_value(u);
		if ((value & 0x0f) == 0x02)
			u->thre_pending = false;
		return value;
	case 3:
		return u->lcr;
	case 4:
		return u->mcr;
	case 5:
		u->polls += u->polls < POLLS_OF_READER;
		value = (uint8_t)(u->lsr | (u->count ? LSR_DR : 0));
		u->lsr &= (uint8_t)~LSR_OE;
		return value;
	case 6:
		return msr_value(u);
	default:
		return u->scr;
	}
}

/* True if the guest would see a byte that comes now. */
static bool input_room(const struct uart *u)
{
	bool takes_irq = (u->ier & IER_RX) && (u->mcr & MCR_OUT2);

	return u->count < 16 && !(u->mcr & MCR_LOOP) &&
	       (takes_irq || u->polls == POLLS_OF_READER);
}

uint8_t uart_read(struct vm *vm, uint32_t reg)
{
	uint8_t value;
	bool wake;

	pthread_mutex_lock(&vm->uart.lock);
	value = reg_read(&vm->uart, reg);
	irq_update(vm);
	wake = input_room(&vm->uart);
	pthread_mutex_unlock(&vm->uart.lock);
	if (wake && (reg == 0 || reg == 5))
		console_wake();
	return value;
}

/* True if the byte is to be shown. */
static bool reg_write(struct uart *u, uint32_t reg, uint8_t value)
{
	bool dlab = u->lcr & LCR_DLAB;

	u->polls = 0;
	switch (reg) {
	case 0:
		if (dlab) {
			u->dll = value;
			return false;
		}
		u->thre_pending = true;
		if (!(u->mcr & MCR_LOOP))
			return true;
		rx_push(u, value);
		return false;
	case 1:
		if (dlab) {
			u->dlm = value;
			return false;
		}
		/* Enabling THRE with an empty holding register interrupts. */
		if ((value & IER_THRE) && !(u->ier & IER_THRE))
			u->thre_pending = true;
		u->ier = value & 0x0f;
		return false;
	case 2:
		/*
		 * A chip's FIFO is emptied by FCR_ENABLE's change too; Linux
		 * does that after it enabled the interrupt.
		 */
		if (value & FCR_CLEAR_RX)
			u->head = u->count = 0;
		u->fcr = value & 0xc9;
		return false;
	case 3:
		u->lcr = value;
		return false;
	case 4:
		u->mcr = value & 0x1f;
		return false;
	case 7:
		u->scr = value;
		return false;
	default:
		return false;
	}
}

void uart_write(struct vm *vm, uint32_t reg, uint8_t value)
{
	bool show, wake;

	pthread_mutex_lock(&vm->uart.lock);
	show = reg_write(&vm->uart, reg, value);
	irq_update(vm);
	wake = input_room(&vm->uart);
	pthread_mutex_unlock(&vm->uart.lock);
	if (wake && (reg == 1 || reg == 4))
		console_wake();
	if (show)
		sink_put(vm, &vm->serial_sink, &value, 1);
}

/* How many bytes were taken: the caller keeps the rest. */
uint32_t uart_input(struct vm *vm, const uint8_t *data, uint32_t bytes)
{
	struct uart *u = &vm->uart;
	uint32_t taken = 0;

	pthread_mutex_lock(&u->lock);
	while (taken < bytes && input_room(u))
		rx_push(u, data[taken++]);
	irq_update(vm);
	pthread_mutex_unlock(&u->lock);
	return taken;
}
