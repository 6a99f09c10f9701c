package rayfall

import (
	"time"

	"powercut/journal/wire"
)

// isMoment reports whether what follows can only be a date or a time.
func (p *parser) isMoment() bool {
	clock := p.peek(2) == ':' || p.peek(0) == '-' && p.peek(3) == ':'
	date := p.peek(4) == '.' && isDigit(p.peek(5)) && p.peek(7) == '.'
	return clock || date
}

// moment reads a date, YYYY.MM.DD, a timestamp, YYYY.MM.DDDhh:mm:ss.fraction, or
// a time, hh:mm:ss with up to three digits of a fraction. It reads nothing if
// none of them stands there.
func (p *parser) moment() (wire.Value, bool) {
	if v, ok := p.date(); ok {
		return v, true
	}
	return p.clock()
}

// pair reads two digits n bytes on.
func (p *parser) pair(n int) (int, bool) {
	if !isDigit(p.peek(n)) || !isDigit(p.peek(n+1)) {
		return 0, false
	}
	return 10*int(p.peek(n)-'0') + int(p.peek(n+1)-'0'), true
}

func (p *parser) date() (wire.Value, bool) {
	century, a := p.pair(0)
	year, b := p.pair(2)
	month, c := p.pair(5)
	day, d := p.pair(8)
	if !a || !b || !c || !d || p.peek(4) != '.' || p.peek(7) != '.' {
		return nil, false
	}
	at := time.Date(100*century+year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if at.Month() != time.Month(month) || at.Day() != day {
		return nil, false
	}
	days := int64(at.Sub(epoch) / (24 * time.Hour))
	if century < 18 || century > 21 { // beyond what a duration holds
		days = (at.Unix() - epoch.Unix()) / (24 * 60 * 60)
	}
	if p.peek(10) != 'D' {
		p.at += 10
		return integer(wire.KindDate, days), true
	}
	p.at += 11
	ns, ok := p.timeOfDay()
	if !ok || days > 106_000 || days < -106_000 {
		p.at -= 11
		return nil, false
	}
	return integer(wire.KindTimestamp, days*nanosPerDay+ns), true
}

// epoch is day 0.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// timeOfDay reads hh:mm:ss and a fraction of a second in nanoseconds.
func (p *parser) timeOfDay() (int64, bool) {
	h, a := p.pair(0)
	m, b := p.pair(3)
	s, c := p.pair(6)
	if !a || !b || !c || p.peek(2) != ':' || p.peek(5) != ':' || p.peek(8) != '.' || h > 23 || m > 59 || s > 59 {
		return 0, false
	}
	p.at += 9
	ns, scale := int64(0), int64(nanosPerMilli*100)
	for isDigit(p.peek(0)) {
		ns += int64(p.peek(0)-'0') * scale
		scale /= 10
		p.at++
	}
	return int64(h*3600+m*60+s)*1e9 + ns, true
}

// clock reads a time, which may be negative.
func (p *parser) clock() (wire.Value, bool) {
	at, sign := 0, int64(1)
	if p.peek(0) == '-' {
		at, sign = 1, -1
	}
	h, a := p.pair(at)
	m, b := p.pair(at + 3)
	s, c := p.pair(at + 6)
	if !a || !b || !c || p.peek(at+2) != ':' || p.peek(at+5) != ':' {
		return nil, false
	}
	if m > 59 || s > 59 {
		return nil, false // some versions of the original take it, and count on
	}
	at += 8
	ms := int64(0)
	if p.peek(at) == '.' {
		if !isDigit(p.peek(at + 1)) {
			return nil, false
		}
		at++
		for n := 0; n < 3 && isDigit(p.peek(at)); n++ {
			ms = 10*ms + int64(p.peek(at)-'0')
			at++
		}
	}
	p.at += at
	return integer(wire.KindTime, sign*(int64(h*3600+m*60+s)*1000+ms)), true
}
