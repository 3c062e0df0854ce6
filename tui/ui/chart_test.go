package ui

import (
	"strings"
	"testing"

	"muster/tui/theme"
)

func drawn(w, h int, draw func(Region)) string {
	var p Pool
	return p.Draw(theme.New(theme.Mono, theme.NoColor), w, h, draw).Content
}

func TestBarsFit(t *testing.T) {
	for _, c := range []struct {
		n, width int
		want     Bars
	}{
		{7, 60, Bars{1, 8, 7}},
		{30, 66, Bars{1, 2, 1}},
		{90, 66, Bars{3, 2, 1}},
		{90, 40, Bars{5, 2, 1}},
		{90, 200, Bars{1, 2, 1}},
		{7, 3, Bars{7, 3, 2}},
		{0, 10, Bars{1, 1, 1}},
	} {
		got := FitBars(c.n, c.width)
		if got != c.want {
			t.Errorf("%d numbers in %d cells: %+v, not %+v", c.n, c.width, got, c.want)
		}
		if c.n > 0 && c.n/got.Per*got.Pitch > c.width {
			t.Errorf("%d numbers in %d cells take %d", c.n, c.width, c.n/got.Per*got.Pitch)
		}
	}
}

func TestTheLargestNumberIsAsHighAsTheChart(t *testing.T) {
	got := drawn(5, 2, func(r Region) { r.Chart(Bars{1, 1, 1}, []int{0, 1, 8, 16, 100}, theme.Text) })
	if want := "    █\n·▁▂▃█"; got != want {
		t.Errorf("drawn\n%s\nnot\n%s", got, want)
	}
	if got := drawn(3, 1, func(r Region) { r.Chart(Bars{1, 1, 1}, []int{0, 0, 0}, theme.Text) }); got != "···" {
		t.Errorf("nothing is drawn as %q", got)
	}
}

func TestNumbersShareAColumn(t *testing.T) {
	got := drawn(4, 1, func(r Region) { r.Chart(Bars{2, 2, 1}, []int{1, 3, 1, 1}, theme.Text) })
	if got != "▇ ▄" {
		t.Errorf("drawn %q", got)
	}
}

func TestAMeterIsNeverLongerThanItsRoom(t *testing.T) {
	for used, want := range map[int]string{0: "░░░░", 1: "█░░░", 10: "████", 20: "████"} {
		if got := drawn(4, 1, func(r Region) { r.Meter(0, 0, 4, used, 10, theme.Text) }); strings.TrimSpace(got) != want {
			t.Errorf("%d of 10 is drawn %q", used, got)
		}
	}
}
