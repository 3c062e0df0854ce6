package ui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"muster/models"
)

// FieldKind says how a field is filled in.
type FieldKind uint8

// The kinds.
const (
	TextField FieldKind = iota
	LinesField
	ChoiceField
	SwitchField
	// PickField is filled in by a dialog of its own, which Pick opens.
	PickField
)

// BrowseKey opens the dialog that finds the value of a TextField with Pick.
const BrowseKey = "ctrl+o"

// Choice is one of the values of a ChoiceField.
type Choice struct {
	Value, Title string
	Why          string // why it cannot be chosen, "" if it can
}

// FormField is one field of a form.
type FormField struct {
	Name  string // by which Submit and an error's Field know it
	Label string
	Help  string
	Kind  FieldKind
	// Check says what is wrong with a value, nil if nothing is. It must be
	// quick: it runs at each key.
	Check   func(value string) error
	Choices []Choice
	// ReadOnly says why the value cannot be changed, "" if it can.
	ReadOnly string
	// Lines is how high a LinesField is, three lines unless given.
	Lines int
	// Max is how many bytes can be typed or pasted, as an Editor's.
	Max int
	// Read makes what the field holds of a stored value, where that differs.
	Read func(stored string) string
	// Follow proposes a value from the fields before it, until the person
	// types one.
	Follow func(get func(name string) string) string

	// Pick opens the dialog of a PickField, or one that finds the value of a
	// TextField (by BrowseKey); its owner hands the value to Set.
	Pick func() tea.Cmd
	None string // what a PickField shows while nothing is picked, "none" unless given

	editor Editor
	value  string // of choices, switches and what a dialog picked
	start  string
	dirty  bool
	err    string
	theirs *models.Stale // what somebody else made of it since the form opened
}

// With gives the field with its first value, as it is stored.
func (f FormField) With(value string) FormField {
	if f.Read != nil {
		value = f.Read(value)
	}
	f.value, f.start = value, value
	f.editor = NewEditor(value, f.Kind == LinesField)
	f.editor.Max = f.Max
	return f
}

// Value is what the field holds now.
func (f *FormField) Value() string {
	if f.Kind == TextField || f.Kind == LinesField {
		return f.editor.Text()
	}
	return f.value
}

// Form asks for several values. Nothing typed is lost when sending fails, and
// leaving with something typed asks once.
type Form struct {
	Title  string
	Intro  []Line
	Fields []FormField
	Send   string // the button's title
	// Submit makes the command that sends the values.
	Submit func(get func(name string) string) tea.Cmd
	// Fixed forms cannot be left (the first questions of a first run).
	Fixed bool

	armed   time.Time // takes no key before
	focus   int       // len(Fields) is the send button, one more the cancel button
	busy    bool
	failure *models.Error
	leaving bool // esc was pressed with something typed
	top     int
	room    [2]int // that least is for
	least   int    // how high it was at most
}

// Get is the value of a field.
func (f *Form) Get(name string) string {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return f.Fields[i].Value()
		}
	}
	return ""
}

// Base is the value that a field's own is a change of: the one that the form
// opened with, or what somebody else has made of it since.
func (f *Form) Base(name string) string {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			return f.Fields[i].start
		}
	}
	return ""
}

// Set gives a field the value that a dialog picked.
func (f *Form) Set(name, value string) {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			f.Fields[i].value = value
			f.Fields[i].editor.Set(value)
			f.edited(&f.Fields[i])
		}
	}
}

// Changed tells whether anything differs from what is stored, as far as the form
// knows.
func (f *Form) Changed() bool {
	for i := range f.Fields {
		if f.Fields[i].Value() != f.Fields[i].start {
			return true
		}
	}
	return false
}

// Prepare fills in what follows from first values. Call it once before the
// form is shown.
func (f *Form) Prepare() *Form {
	f.follow()
	for f.focus < len(f.Fields) && f.Fields[f.focus].ReadOnly != "" {
		f.focus++
	}
	return f
}

// Focus puts the focus on a field.
func (f *Form) Focus(name string) *Form {
	for i := range f.Fields {
		if f.Fields[i].Name == name {
			f.focus = i
		}
	}
	return f
}

func (f *Form) follow() {
	for i := range f.Fields {
		fd := &f.Fields[i]
		if fd.Follow == nil || fd.dirty {
			continue
		}
		if v := fd.Follow(f.Get); v != fd.Value() {
			fd.value = v
			fd.editor.Set(v)
		}
	}
}

// ByItself says that no key opened the form.
func (f *Form) ByItself(now time.Time) *Form { f.armed = now.Add(Guard); return f }

// Key implements Dialog.
func (f *Form) Key(p Press) (tea.Cmd, bool) {
	if f.busy || p.Now.Before(f.armed) {
		return nil, false
	}
	key := p.String()
	if key != "esc" {
		f.leaving = false
	}
	switch key {
	case "esc":
		if f.Fixed {
			return nil, false
		}
		if f.Changed() && !f.leaving {
			f.leaving = true
			return nil, false
		}
		return nil, !p.Repeat
	case "tab":
		f.move(1)
		return nil, false
	case "shift+tab":
		f.move(-1)
		return nil, false
	case "ctrl+enter", "alt+enter", "super+enter":
		return f.send(p)
	}
	if f.focus >= len(f.Fields) {
		switch key {
		case "enter", "space":
			if f.focus == len(f.Fields) {
				return f.send(p)
			}
			return nil, true
		case "up", "left", "k", "h":
			f.move(-1)
		case "down", "right", "j", "l":
			f.move(1)
		}
		return nil, false
	}
	fd := &f.Fields[f.focus]
	if fd.Kind == PickField && fd.ReadOnly == "" && (key == "enter" || key == "space") {
		if p.Repeat {
			return nil, false
		}
		return fd.Pick(), false
	}
	if fd.Kind == TextField && fd.Pick != nil && fd.ReadOnly == "" && key == BrowseKey {
		return fd.Pick(), false
	}
	if fd.ReadOnly == "" && fd.key(p.KeyPressMsg) {
		f.edited(fd)
		return nil, false
	}
	switch key {
	case "enter", "down":
		f.move(1)
	case "up":
		f.move(-1)
	}
	return nil, false
}

// replaceProposal makes room for what is typed or pasted over a value that was only
// proposed. Whoever moves in it first keeps it, to change a part.
func (f *FormField) replaceProposal() {
	if f.Follow != nil && !f.dirty && f.ReadOnly == "" {
		f.editor.Set("")
	}
}

func (f *Form) edited(fd *FormField) {
	fd.dirty = true
	f.failure = nil
	fd.check()
	f.follow()
}

// key changes the field's value; false if the key is none of its own.
func (f *FormField) key(k tea.KeyPressMsg) bool {
	switch f.Kind {
	case TextField, LinesField:
		if k.Text != "" {
			f.replaceProposal()
		}
		return f.editor.Key(k)
	case PickField:
		return false
	case SwitchField:
		switch k.String() {
		case "space", "left", "right", "h", "l", "x":
			if f.value == models.On {
				f.value = models.Off
			} else {
				f.value = models.On
			}
			return true
		}
		return false
	}
	step := 0
	switch k.String() {
	case "left", "h":
		step = -1
	case "right", "l", "space":
		step = 1
	default:
		// The first letter of a choice picks it.
		for _, c := range f.Choices {
			if k.Text != "" && len(c.Title) > 0 && c.Title[:1] == k.Text {
				f.value = c.Value
				return true
			}
		}
		return false
	}
	for i, c := range f.Choices {
		if c.Value == f.value {
			f.value = f.Choices[(i+step+len(f.Choices))%len(f.Choices)].Value
			return true
		}
	}
	if len(f.Choices) > 0 {
		f.value = f.Choices[0].Value
	}
	return true
}

// whyNot says why the choice that is made cannot be.
func (f *FormField) whyNot() string {
	for _, c := range f.Choices {
		if f.Kind == ChoiceField && f.ReadOnly == "" && c.Value == f.value {
			return c.Why
		}
	}
	return ""
}

func (f *FormField) check() {
	if f.err = f.whyNot(); f.err != "" || f.Check == nil || f.ReadOnly != "" {
		return
	}
	if err := f.Check(f.Value()); err != nil {
		e := models.AsError(err)
		f.err = e.Message
	}
}

// move goes to another field, past those that cannot be changed.
func (f *Form) move(step int) {
	n := len(f.Fields) + 2
	if f.Fixed {
		n--
	}
	if f.focus < len(f.Fields) && f.Fields[f.focus].dirty {
		f.Fields[f.focus].check()
	}
	for range n {
		f.focus = (f.focus + step + n) % n
		if f.focus >= len(f.Fields) || f.Fields[f.focus].ReadOnly == "" {
			return
		}
	}
}

func (f *Form) send(p Press) (tea.Cmd, bool) {
	if p.Repeat {
		return nil, false
	}
	return f.submit(), false
}

func (f *Form) submit() tea.Cmd {
	wrong := -1
	for i := range f.Fields {
		f.Fields[i].dirty = f.Fields[i].dirty || f.Fields[i].Follow == nil
		f.Fields[i].check()
		if f.Fields[i].err != "" && wrong < 0 {
			wrong = i
		}
	}
	if wrong >= 0 {
		f.focus = wrong
		return nil
	}
	f.busy, f.failure = true, nil
	return f.Submit(f.Get)
}

// Paste implements Dialog.
func (f *Form) Paste(text string) {
	if f.busy || f.focus >= len(f.Fields) {
		return
	}
	fd := &f.Fields[f.focus]
	if fd.ReadOnly == "" && (fd.Kind == TextField || fd.Kind == LinesField) {
		fd.replaceProposal()
		fd.editor.Insert(text)
		f.edited(fd)
	}
}

// formZone is where a form can be clicked: a field by its index, or a button.
type formZone int

// Click implements Dialog.
func (f *Form) Click(id any, _, _ int, _ time.Time) (tea.Cmd, bool) {
	z, ok := id.(formZone)
	if !ok || f.busy {
		return nil, false
	}
	switch {
	case int(z) == len(f.Fields):
		return f.submit(), false
	case int(z) > len(f.Fields):
		return nil, true
	case f.Fields[z].ReadOnly == "":
		f.focus = int(z)
		if f.Fields[z].Kind == PickField {
			return f.Fields[z].Pick(), false
		}
		if fd := &f.Fields[z]; fd.Kind == SwitchField || fd.Kind == ChoiceField {
			fd.key(tea.KeyPressMsg{Code: ' ', Text: " "})
			f.edited(fd)
		}
	}
	return nil, false
}

// Waits implements Waiting.
func (f *Form) Waits() bool { return f.busy }

// Finish implements Finisher.
func (f *Form) Finish(err *models.Error) bool {
	f.busy, f.failure = false, err
	if err == nil {
		return true
	}
	if len(err.Stale) > 0 {
		f.rebase(err.Stale)
		return false
	}
	for i := range f.Fields {
		if err.Field != "" && f.Fields[i].Name == err.Field {
			f.Fields[i].err, f.failure, f.focus = err.Message, nil, i
			if err.Hint != "" {
				f.Fields[i].err += " · " + err.PlainHint()
			}
		}
	}
	return false
}

// rebase takes what others made of the fields as what the person's values are a
// change of, so that sending them once more is on purpose. What the person has
// not changed follows.
func (f *Form) rebase(stale []models.Stale) {
	f.failure = &models.Error{Message: "someone else changed this: nothing was saved", Hint: "save again to replace theirs with yours"}
	for i := range f.Fields {
		fd := &f.Fields[i]
		for _, s := range stale {
			if s.Field != fd.Name {
				continue
			}
			was := fd.Value() == fd.start
			fd.theirs, fd.start = &s, s.Theirs
			if fd.Read != nil {
				fd.start = fd.Read(s.Theirs)
			}
			if was {
				fd.value = fd.start
				fd.editor.Set(fd.start)
			}
		}
	}
}

// Hints implements Dialog.
func (f *Form) Hints() []Hint {
	hints := []Hint{{"tab", "next"}, {"shift+tab", "back"}, {"ctrl+enter/alt+enter", f.Send}}
	if f.focus < len(f.Fields) {
		switch f.Fields[f.focus].Kind {
		case ChoiceField, SwitchField:
			hints = append([]Hint{{"←→", "choose"}}, hints...)
		case PickField:
			hints = append([]Hint{{"enter", "choose"}}, hints...)
		case TextField:
			if f.Fields[f.focus].Pick != nil {
				hints = append([]Hint{{BrowseKey, "browse"}}, hints...)
			}
		}
	}
	if f.Fixed {
		return append(hints, Hint{"ctrl+c", "leave"})
	}
	return append(hints, Hint{"esc", "cancel"})
}
