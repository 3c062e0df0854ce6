package tuitest

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var update = flag.Bool("update", false, "write what is kept anew: frames, pictures, pages")

// Updating says that what tests keep is to be written anew (-update).
func Updating() bool { return *update }

// Golden compares the screen with the frame kept in testdata/NAME.txt, which
// -update writes.
func (a *Terminal) Golden(name string) *Terminal {
	a.t.Helper()
	shown := a.Screen
	if a.mask != nil {
		shown = func() string { return a.mask(a.Screen()) }
	}
	a.kept(name+".txt", func(string) string { return shown() })
	return a
}

// GoldenStyle compares the look of every cell with the one kept in
// testdata/NAME.style, which -update writes: a frame of letters, each of which
// stands for a look that a legend above explains.
func (a *Terminal) GoldenStyle(name string) *Terminal {
	a.t.Helper()
	a.kept(name+".style", func(kept string) string { return styleLayer(a.Cells(), kept) })
	return a
}

// kept compares what shown gives with a file below testdata. shown is told what
// the file holds, so that a layer can keep the letters that it used before.
func (a *Terminal) kept(name string, shown func(kept string) string) {
	a.t.Helper()
	path := filepath.Join("testdata", name)
	a.Rest()
	want, err := os.ReadFile(path)
	frame := strings.TrimSuffix(string(want), "\n")
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			a.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(shown(frame)+"\n"), 0o644); err != nil {
			a.t.Fatal(err)
		}
		return
	}
	if err != nil {
		a.t.Fatalf("%v (write it with -update)", err)
	}
	// The last frame may still be on its way.
	if !a.Comes(func() bool { return shown(frame) == frame }) {
		a.t.Errorf("%s: the screen differs from the one kept (-update writes it anew)\n--- kept\n%s\n--- now\n%s", name, frame, shown(frame))
	}
}

// Comes tells whether something comes true within a second, looked at after
// each change of the screen.
func (a *Terminal) Comes(so func() bool) bool {
	deadline := time.After(time.Second)
	for !so() {
		select {
		case <-a.frames:
		case <-deadline:
			return so()
		}
	}
	return so()
}
