//go:build unix

package screen

import (
	"os"
	"os/signal"
	"syscall"
)

// watchSize gives the terminal's size each time it changes, until stop.
func watchSize(size func() Size) (sizes <-chan Size, stop func()) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	out, done := make(chan Size), make(chan struct{})
	go func() {
		for {
			select {
			case <-done:
				return
			case <-changed:
			}
			select {
			case <-done:
				return
			case out <- size():
			}
		}
	}()
	return out, func() {
		signal.Stop(changed)
		close(done)
	}
}
