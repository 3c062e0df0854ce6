package screen

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
)

// listen decodes chunks of input as they come and gives what was heard.
func listen(t *testing.T, chunks ...string) (heard string, inputs int) {
	t.Helper()
	var b strings.Builder
	synctest.Test(t, func(t *testing.T) {
		d := decoder{
			emit: func(ev uv.Event) {
				if b.Len() > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(name(ev))
			},
			onInput: func() { inputs++ },
			fail:    func(err error) { t.Error(err) },
		}
		for _, c := range chunks {
			if c == pause {
				time.Sleep(100 * time.Millisecond)
				synctest.Wait()
				continue
			}
			d.feed([]byte(c))
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		d.close()
	})
	return b.String(), inputs
}

// pause stands for a moment in which nothing arrives.
const pause = "pause"

func name(ev uv.Event) string {
	switch ev := ev.(type) {
	case uv.KeyPressEvent:
		if ev.IsRepeat {
			return ev.String() + "*"
		}
		return ev.String()
	case uv.KeyReleaseEvent:
		return "-" + ev.String()
	case uv.PasteEvent:
		return fmt.Sprintf("paste(%q)", ev.Content)
	case uv.MouseClickEvent:
		return fmt.Sprintf("click(%d,%d)", ev.X, ev.Y)
	case uv.MouseReleaseEvent:
		return fmt.Sprintf("release(%d,%d)", ev.X, ev.Y)
	case uv.MouseWheelEvent:
		return fmt.Sprintf("%s(%d,%d)", ev.Button, ev.X, ev.Y)
	case uv.BackgroundColorEvent:
		return "bg(" + ev.String() + ")"
	}
	return strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%T", ev), "uv."), "Event")
}

func TestInput(t *testing.T) {
	for _, c := range []struct {
		name   string
		chunks []string
		want   string
	}{
		{"letters", []string{"aB ?"}, "a B space ?"},
		{"controls", []string{"\r\t\x7f\x03\x00"}, "enter tab backspace ctrl+c ctrl+space"},
		{"unicode", []string{"é漢🙂👩‍👩‍👧"}, "é 漢 🙂 👩‍👩‍👧"},
		{"unicode in pieces", []string{"\xe6", "\xbc", "\xa2"}, "漢"},
		{"broken unicode", []string{"a\xffb\xe6", pause, "c\u009bd"}, "a b c d"},
		{"arrows", []string{"\x1b[A\x1bOB\x1b[1;5C\x1b[1;2D"}, "up down ctrl+right shift+left"},
		{"arrows in pieces", []string{"\x1b", "[", "A", "\x1b[1", ";5", "C"}, "up ctrl+right"},
		{"pages", []string{"\x1b[5~\x1b[6~\x1b[H\x1b[F\x1b[1~\x1b[3~"}, "pgup pgdown home end home delete"},
		{"shift tab", []string{"\x1b[Z"}, "shift+tab"},
		{"function keys", []string{"\x1bOP\x1b[15~\x1b[[A\x1b[[E"}, "f1 f5 f1 f5"},
		{"urxvt", []string{"\x1b[a\x1b[2^\x1b[3$", pause, "x"}, "shift+up ctrl+insert shift+delete x"},
		{"escape", []string{"\x1b", pause, "a"}, "esc a"},
		{"escape at once with a key is alt", []string{"\x1ba\x1bA\x1b\r\x1bé"}, "alt+a alt+shift+a alt+enter alt+é"},
		{"escape twice", []string{"\x1b\x1b", pause, "x"}, "esc esc x"},
		{"escape, then an arrow late", []string{"\x1b", pause, "\x1b[A"}, "esc up"},
		{"alt and an arrow", []string{"\x1b\x1b[A\x1b\x1bOB"}, "alt+up alt+down"},
		{"alt and what starts a sequence", []string{"\x1b[", pause, "\x1bO", pause, "\x1b]", pause, "\x1bP", pause}, "alt+[ alt+shift+o alt+] alt+shift+p"},
		{"escape flood", []string{strings.Repeat("\x1b", 5)}, "esc esc esc esc esc"},
		{"mouse", []string{"\x1b[<0;11;6M\x1b[<0;11;6m\x1b[<65;1;1M"}, "click(10,5) release(10,5) wheeldown(0,0)"},
		{"X10 mouse", []string{"\x1b[M !\"x"}, "click(0,1) x"},
		{"X10 mouse in pieces", []string{"\x1b[M", " !", "\"x"}, "click(0,1) x"},
		{"focus", []string{"\x1b[I\x1b[O"}, "Focus Blur"},
		{"kitty", []string{"\x1b[97;5u\x1b[13;5u\x1b[27u\x1b[97;1:2u\x1b[97;1:3u\x1b[?1u"}, "ctrl+a ctrl+enter esc a* -a KeyboardEnhancements"},
		{"kitty text that would act", []string{"\x1b[97;1;27u"}, "a"},
		{"modify other keys", []string{"\x1b[27;5;13~"}, "ctrl+enter"},
		{"paste", []string{"a\x1b[200~one\r\ntwo\x1b[A\x1b[201~b"}, `a paste("one\ntwo\x1b[A") b`},
		{"paste in pieces", []string{"\x1b[20", "0~he", "llo\x1b[2", "0x\x1b", pause, "[20", "1~z"}, `paste("hello\x1b[20x") z`},
		{"paste of broken unicode", []string{"\x1b[200~a\xffb\xe6\x1b[201~"}, `paste("ab")`},
		{"empty paste", []string{"\x1b[200~\x1b[201~"}, `paste("")`},
		{"background", []string{"\x1b]11;rgb:ffff/ffff/ffff\x1b\\x"}, "bg(#ffffff) x"},
		{"background with bell, in pieces", []string{"\x1b]11;rgb:00", pause, "00/0000/0000", "\ax"}, "bg(#000000) x"},
		{"background without a colour", []string{"\x1b]11;?\ax"}, "x"},
		{"answers", []string{"\x1b[?62;22c\x1b[>1;10;0c\x1b[?2026;2$yx"}, "ModeReport x"},
		{"answers nobody asked for", []string{"\x1b[8;999;999t\x1b[48;999;999;1;1t\x1b]52;c;aGk=\a\x1bP1+r524742\x1b\\\x1bP>|term\x1b\\\x1b[5;5Rx"}, "x"},
		{"unknown sequences", []string{"\x1b[99z\x1b[?5;6!q\x1bOz\x1b_G\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\x"}, "x"},
		{"win32 repeat count", []string{"\x1b[65;30;97;1;0;65535_x"}, "x"},
		{"broken sequence", []string{"\x1b[12\x01\x1b[1;\x1b[Ax"}, "ctrl+a up x"},
		{"half a sequence", []string{"\x1b[1;", pause, pause}, ""},
		{"cancelled string", []string{"\x1b]11;rgb\x18x\x1b]11;r\x1b[Ay"}, "x up y"},
		{"long CSI", []string{"\x1b[" + strings.Repeat("1;", 5000), "5", "Ax"}, "x"},
		{"long OSC", []string{"\x1b]52;c;" + strings.Repeat("A", 5000), "AAA\x1b", "\\x"}, "x"},
		{"long OSC cut off by a key", []string{"\x1b]52;c;" + strings.Repeat("A", 5000), "\x1b[A"}, "up"},
		{"long DCS with bell", []string{"\x1bP" + strings.Repeat("A", 5000), "A\ax"}, "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got, _ := listen(t, c.chunks...); got != c.want {
				t.Errorf("%q gives %q, want %q", c.chunks, got, c.want)
			}
			// The same, byte by byte, as a slow line delivers it.
			if strings.Contains(c.name, "pieces") || len(strings.Join(c.chunks, "")) > 1000 {
				return
			}
			var bytes []string
			for _, chunk := range c.chunks {
				if chunk == pause {
					bytes = append(bytes, chunk)
					continue
				}
				for i := range len(chunk) {
					bytes = append(bytes, chunk[i:i+1])
				}
			}
			want := strings.ReplaceAll(c.want, "👩‍👩‍👧", "👩 \u200d 👩 \u200d 👧")
			if got, _ := listen(t, bytes...); got != want {
				t.Errorf("%q gives %q, want %q", bytes, got, want)
			}
		})
	}
}

func TestOnlyPeopleCountAsInput(t *testing.T) {
	if _, n := listen(t, "a\x1b[A\x1b[<0;1;1M\x1b[200~x\x1b[201~"); n != 4 {
		t.Errorf("two keys, a click and a paste count as %d", n)
	}
	if _, n := listen(t, "\x1b[I\x1b[O\x1b]11;rgb:00/00/00\a\x1b[?2026;2$y\x1b[?62c\x1b[?1u"); n != 0 {
		t.Errorf("what a terminal sends by itself counts as %d", n)
	}
}

func TestPasteIsBounded(t *testing.T) {
	got, _ := listen(t, "\x1b[200~", strings.Repeat("x", maxPaste-1), "漢", strings.Repeat("y", 1000), "\x1b[201~", "z")
	want := fmt.Sprintf("paste(%q) z", strings.Repeat("x", maxPaste-1))
	if got != want {
		t.Errorf("a paste of more than %d bytes gives %d characters ending in %q", maxPaste, len(got), got[max(0, len(got)-10):])
	}
}

// TestHostileInputIsBounded sends endless sequences and looks at the memory.
func TestHostileInputIsBounded(t *testing.T) {
	for name, flood := range map[string]string{
		"OSC": "\x1b]", "DCS": "\x1bP", "CSI": "\x1b[", "SS3": "\x1bO", "APC": "\x1b_", "paste": "\x1b[200~", "marks": "a",
	} {
		t.Run(name, func(t *testing.T) {
			d := decoder{emit: func(uv.Event) {}, fail: func(err error) { t.Error(err) }}
			d.feed([]byte(flood))
			fill := []byte(strings.Repeat("1", readSize))
			if name == "marks" {
				fill = []byte(strings.Repeat("\u0301", readSize/2))
			}
			for range 200 {
				d.feed(fill)
			}
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range 20_000 { // 20 MB
				d.feed(fill)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 256<<10 {
				t.Errorf("20 MB of input leave %d bytes behind", grown)
			}
			if len(d.pending) > maxSequence+readSize || len(d.paste) > maxPaste {
				t.Errorf("%d bytes are pending, %d pasted", len(d.pending), len(d.paste))
			}
			d.close()
		})
	}
}

func FuzzInput(f *testing.F) {
	for _, s := range []string{"a", "\x1b[A", "\x1b]11;rgb:0/0/0\a", "\x1b[200~x\x1b[201~", "\x1b[M !!", "\x1b[1$", "\x1b\x1b[A", "\x1bP>|x\x1b\\", "\x1b_Gi=1;x\x1b\\", "漢\xff", "\x1b[97;5:3u"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, cut int) {
		var events int
		d := decoder{emit: func(uv.Event) { events++ }, fail: func(err error) { t.Fatal(err) }}
		cut = min(max(cut, 0), len(s))
		d.feed([]byte(s[:cut]))
		d.feed([]byte(s[cut:]))
		if len(d.pending) > len(s) || events > len(s) {
			t.Errorf("%d bytes are %d events, with %d pending", len(s), events, len(d.pending))
		}
		d.close()
	})
}
