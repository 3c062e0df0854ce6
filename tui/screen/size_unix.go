//go:build unix

package screen

import (
	"os"
	"os/signal"
	"syscall"
)

// watchSize tells the terminal's size each time it changes, until stop.
func watchSize(size func() Size) (tell func(changed func(Size)), stop func()) {
	signals, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, syscall.SIGWINCH)
	tell = func(changed func(Size)) {
		go func() {
			for {
				select {
				case <-done:
					return
				case <-signals:
					changed(size())
				}
			}
		}()
	}
	return tell, func() {
		signal.Stop(signals)
		close(done)
	}
}
