/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syscall(2) for Java: one function, which the class JniSystemCalls declares. Java's own way to call C takes 20 ms to
 * get ready at each start; this takes none. It needs no C library and no header, so that it fits any.
 */
long Java_dev_carafe_linux_JniSystemCalls_syscall(void *java, void *type, long number, long a, long b, long c, long d,
						  long e, long f);

/* The kernel's own answer: an error is its number, negated. */
long Java_dev_carafe_linux_JniSystemCalls_syscall(void *java, void *type, long number, long a, long b, long c, long d,
						  long e, long f)
{
	(void)java;
	(void)type;
#if defined(__x86_64__)
	register long fourth __asm__("r10") = d;
	register long fifth __asm__("r8") = e;
	register long sixth __asm__("r9") = f;
	__asm__ volatile("syscall"
			 : "+a"(number)
			 : "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(fifth), "r"(sixth)
			 : "rcx", "r11", "memory");
	return number;
#elif defined(__aarch64__)
	register long first __asm__("x0") = a;
	register long second __asm__("x1") = b;
	register long third __asm__("x2") = c;
	register long fourth __asm__("x3") = d;
	register long fifth __asm__("x4") = e;
	register long sixth __asm__("x5") = f;
	register long call __asm__("x8") = number;
	__asm__ volatile("svc 0"
			 : "+r"(first)
			 : "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth), "r"(call)
			 : "memory");
	return first;
#else
#error "how does this architecture make a system call?"
#endif
}
