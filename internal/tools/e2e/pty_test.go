package e2e

import "syscall"

// controlling makes the program's standard input its controlling terminal,
// which is where ssh asks its questions.
func controlling() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true, Setctty: true} }
