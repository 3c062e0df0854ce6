package house

// What is still to be put right. Nothing may be added, and what was put right
// must be taken out: the tests that use these lists say so.

// longFiles have more than maxLines.
var longFiles = list(`
`)

// involvedFuncs have a cognitive complexity above maxComplexity, by area.
var involvedFuncs = list(`
	commands cli.each
	tui colours.parse
`)

// textsLeft are texts to be replaced, by area.
var textsLeft = list(`
	commands YOURS AS
	commands let others in: muster serve
	commands only looks
	models Word on acceptance
	models at most this many
	models only looks
	models without a key pressed
	store there is nothing left to undo
	tui By way of
	tui Holds for
	tui I have kept them
	tui If your terminal refused
	tui It counts from then on.
	tui Try it first
	tui What would happen
	tui begun, not confirmed
	tui bring back
	tui codes in reserve
	tui esc drops it
	tui give a two-factor code
	tui n invites somebody
	tui nobody fits
	tui nobody is on the way in
	tui nothing fits
	tui stands in the mail; may be left empty
	tui the invitation works for this address only
	tui the join link is made
	tui there is nothing left to undo
	tui works here, may invite by policy
	tui yours?
	tui esc again forgets what you typed
`)

// wordsLeft are words in names to be replaced, by area. The tool crowd and the
// key enter have the right name.
var wordsLeft = list(`
	commands about
	internal/tools/bench crowd
	internal/tools/crowd crowd
	tui enter
`)
