package shell

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/internal/tools/fresh"
	"muster/models"
	"muster/store"
	"muster/tui/host"
	"muster/tui/pane/invitations"
	"muster/tui/pane/members"
	"muster/tui/tuitest"
)

// sized is the app with every list full, as it stands for somebody.
func sized(tb testing.TB, sh *Shared, w, h int) *App {
	app := sh.Open(context.Background(), Options{Term: "xterm-256color"})
	tb.Cleanup(app.Close)
	fill(app, w, h)
	return app
}

func fill(app *App, w, h int) {
	app.ending = false // there is nobody whose app it is
	app.ready, app.Org = true, models.OrgView{Organization: models.Organization{ID: "org_1", Name: "Acme Corporation", Kind: models.KindShared}, Role: models.RoleOwner}
	app.Access = app.Org.Access("")
	app.Width, app.Height = w, h
	app.arrangePanes()
	app.At = host.Members
	app.resized()
	people, queue := app.Pane(host.Members).(*members.Pane), app.Pane(host.Invitations).(*invitations.Pane)
	var rows []models.Member
	var invites []models.Invitation
	for i := range people.PageSize() {
		rows = append(rows, models.Member{ID: fmt.Sprintf("usr_06fvvkic81v3l7knsbhlvh%04d", i), Email: fmt.Sprintf("someone.with.a.name%d@organization.example", i),
			Name: fmt.Sprintf("高橋 美咲 Hopper %d", i), Role: models.RoleAdmin, Status: models.MemberActive, JoinedAt: app.Now, InvitedBy: fmt.Sprintf("ada%d@acme.dev", i)})
		invites = append(invites, models.Invitation{ID: fmt.Sprintf("inv_06fvvkic81v3l7knsbhlvh%04d", i), Email: fmt.Sprintf("someone.with.a.name%d@organization.example", i), State: models.StateRequested,
			Role: models.RoleMember, InviterName: "Cy Twombly", CreatedAt: app.Now, Message: fmt.Sprintf("joins the compiler team on Monday %d", i)})
	}
	people.Loaded, people.Total = true, 100_000
	people.Table.SetRows(rows, false, true, true, app.Now)
	queue.Loaded, queue.Total = true, 100_000
	queue.Table.SetRows(invites, false, true, true, app.Now)
}

func benchShared(tb testing.TB) *Shared {
	clock := tuitest.NewClock(time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC))
	dir := tb.TempDir()
	fresh.Database(tb, dir)
	st, err := store.Open(context.Background(), store.Options{Dir: dir, Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = st.Close() })
	sh, err := NewShared(Config{Store: st, Now: clock.Now})
	if err != nil {
		tb.Fatal(err)
	}
	return sh
}

// screens are the ones whose View is measured, by what shows them.
var screens = map[string]func(a *App){
	"members":     func(*App) {},
	"invitations": func(a *App) { a.At = host.Invitations },
	"palette":     func(a *App) { a.palette() },
	"help":        func(a *App) { a.help() },
	"invite":      func(a *App) { a.bindings.Get("invitation.new").Run(a.h) },
	"marked":      func(a *App) { a.Pane(host.Members).(*members.Pane).MarkAll(a.h) },
}

// A frame may take 100 kB of any screen at 140×40. (Its time is
// measured by the benchmark, since a test that is timed fails on a busy
// machine.)
func TestViewAllocatesLittle(t *testing.T) {
	sh := benchShared(t)
	for name, show := range screens {
		app := sized(t, sh, 140, 40)
		show(app)
		if v := app.View(); !strings.Contains(v.Content, "Acme Corporation") {
			t.Fatalf("%s shows %q", name, v.Content)
		}
		const frames = 50
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range frames {
			app.View()
		}
		runtime.ReadMemStats(&after)
		most := uint64(100_000)
		if underRace {
			most *= 2
		}
		if n := (after.TotalAlloc - before.TotalAlloc) / frames; n > most {
			t.Errorf("a frame of %s allocates %d bytes", name, n)
		}
	}
}

func BenchmarkView(b *testing.B) {
	sh := benchShared(b)
	for name, show := range screens {
		for _, size := range [][2]int{{80, 24}, {140, 40}} {
			b.Run(fmt.Sprintf("%s/%dx%d", name, size[0], size[1]), func(b *testing.B) {
				app := sized(b, sh, size[0], size[1])
				show(app)
				b.ReportAllocs()
				for b.Loop() {
					app.View()
				}
			})
		}
	}
}

// A key that moves the cursor, with its frame.
func BenchmarkKey(b *testing.B) {
	app := sized(b, benchShared(b), 80, 24)
	keys := []tea.KeyPressMsg{{Code: 'j', Text: "j"}, {Code: 'k', Text: "k"}}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		app.Update(keys[n%2])
		app.View()
		n++
	}
}

// What one idle app keeps in memory, without its terminal and connection.
func BenchmarkIdleMemory(b *testing.B) {
	sh := benchShared(b)
	for _, size := range [][2]int{{80, 24}, {200, 50}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) {
			const sessions = 200
			for b.Loop() {
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				apps := make([]*App, sessions)
				for i := range apps {
					apps[i] = sh.Open(context.Background(), Options{Term: "xterm-256color"})
					fill(apps[i], size[0], size[1])
					apps[i].View()
				}
				runtime.GC()
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/sessions/1024, "KiB/session")
				for _, a := range apps {
					a.Close()
				}
			}
		})
	}
}
