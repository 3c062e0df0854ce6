package cli

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"muster/internal/tools/demo"
	"muster/models"
	"muster/store"
	"muster/tui"
	"muster/tui/theme"
	"muster/tui/tuitest"
)

// pictures are those of README and docs, each taken from the app as it runs on
// the people of the demo.
var pictures = []struct {
	name, title string
	w, h        int
	take        func(app *tuitest.Terminal)
}{
	{"invitations", "The queue of requests, one of them just approved", 80, 24, func(app *tuitest.Terminal) {
		app.Press("3").SeeCursorOn("ada.allen").Press("j", "j", "a").See("approved", "u undo").Press("space", "j", "space").See("2 marked")
	}},
	{"members", "The members of an organization", 80, 24, func(app *tuitest.Terminal) {
		app.SeeCursorOn("ada.").Press("j", "j", "e").See("Role of").Press("k")
	}},
	{"detail", "Organizations, members and the detail of one, on a wide screen", 140, 32, func(app *tuitest.Terminal) {
		app.Press("/").Type("hopper").Press("enter").See("/hopper", "1/").Press("j", "j").See("3/15", "Last seen")
	}},
	{"palette", "The command palette", 80, 24, func(app *tuitest.Terminal) {
		app.Press(":").See("Command").Type("inv").See("invitations")
	}},
	{"overview", "An organization in numbers and charts", 100, 30, func(app *tuitest.Terminal) {
		app.Press("6").See("CHANGES A DAY")
	}},
}

// looks are the two that each picture is made in.
var looks = []struct {
	name   string
	theme  theme.Mode
	ground tuitest.Ground
}{{"dark", theme.Dark, tuitest.DarkGround}, {"light", theme.Light, tuitest.LightGround}}

// TestPictures holds the pictures of docs to what the app shows; `make docs`
// takes them.
func TestPictures(t *testing.T) {
	ctx := context.Background()
	clock := tuitest.NewClock(time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC))
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir(), Create: true, Now: clock.Now, Rand: &chance{src: rand.NewChaCha8([32]byte{4})}})
	must(t, err)
	t.Cleanup(func() { _ = s.Close() })
	must(t, demo.Fill(ctx, s, store.NewUser{Name: "Ada Lovelace", Email: "ada@example.com"}, clock.Now(), demoSeed, 4))
	ada, err := s.FirstAdmin(ctx)
	must(t, err)
	sh, err := tui.NewShared(tui.Config{Store: s, Now: clock.Now, Name: "muster"})
	must(t, err)
	actor := models.Actor{UserID: ada.ID, Via: models.ViaTUI, Door: models.DoorLocal}
	for _, p := range pictures {
		for _, look := range looks {
			t.Run(p.name+"-"+look.name, func(t *testing.T) {
				app := sh.Open(ctx, tui.Options{Actor: actor, Org: "ACME", Term: "xterm-256color", Theme: look.theme, Width: p.w, Height: p.h})
				defer app.Close()
				screen := tuitest.Run(t, app, tuitest.Options{Width: p.w, Height: p.h, Clock: clock}).See("Acme Corp").
					Wait(time.Minute) // the message of the day has gone
				p.take(screen)
				picture(t, screen, p.title, look.ground, p.name+"-"+look.name)
				if p.name == "invitations" { // leave it as it was found
					screen.Press("esc", "u").See("undone")
				}
			})
		}
	}
}

// chance is the same in each run, and may be asked by several at once.
type chance struct {
	mu  sync.Mutex
	src *rand.ChaCha8
}

func (c *chance) Read(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.src.Read(b)
}

// picture holds one file to the screen, or writes it.
func picture(t *testing.T, screen *tuitest.Terminal, title string, g tuitest.Ground, name string) {
	t.Helper()
	file := filepath.Join("..", "..", "docs", "pictures", name+".svg")
	if tuitest.Updating() {
		must(t, os.MkdirAll(filepath.Dir(file), 0o755))
		must(t, os.WriteFile(file, []byte(screen.Picture(title, g)), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	must(t, err)
	// The last frame may still be on its way.
	if !screen.Comes(func() bool { return screen.Picture(title, g) == string(want) }) {
		t.Errorf("docs/pictures/%s.svg is not what the app shows, run make docs; it shows\n%s", name, screen.Screen())
	}
}

// keep holds a file to a text that nothing changes any more, or writes it.
func keep(t *testing.T, file, text string) {
	t.Helper()
	if tuitest.Updating() {
		must(t, os.WriteFile(file, []byte(text), 0o644))
		return
	}
	want, err := os.ReadFile(file)
	must(t, err)
	if string(want) != text {
		t.Errorf("%s is not what the app shows, run make docs", file)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
