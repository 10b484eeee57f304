package rows

import (
	"time"

	"github.com/avanter/voki/call"
	"github.com/avanter/voki/storage/internal/rowcodec"
)

// callRow writes what the key of a call does not say. The numbers of the fields stand in docs/storage-format.md.
func writeCall(w *rowcodec.Writer, c *call.Call) {
	w.String(1, string(c.Status))
	w.String(2, c.Department.ID)
	w.String(3, c.Department.Name)
	w.String(4, c.User.ID)
	w.String(5, c.User.Name)
	w.String(6, c.Customer.Name)
	w.String(7, c.Customer.Email)
	w.String(8, c.Customer.Phone)
	w.String(9, c.Reason)
	w.String(10, c.Notes)
	w.Int(11, int64(c.Rating))
	w.String(12, c.Comment)
	w.Bool(13, c.HasRecording)
	w.Time(14, c.InsertedAt)
	w.Time(15, c.AssignedAt)
	w.Time(16, c.StartedAt)
	w.Time(17, c.EndedAt)
	w.String(18, string(c.EndReason))
	w.Time(19, c.DisconnectedAt)
	w.Time(20, c.ReconnectedAt)
	w.Int(21, int64(c.Limits.Queue))
	w.Int(22, int64(c.Limits.Answer))
	w.Int(23, int64(c.Limits.Grace))
	w.Int(24, int64(c.Limits.Longest))
	participantRow(w, 25, c.AgentConn)
	participantRow(w, 26, c.CustomerConn)
	w.Time(27, c.ChangedAt)
	w.Time(28, c.ErasedAt)
}

func decodeCall(r *rowcodec.Reader) (c call.Call) {
	decodeCallInto(r, &c)
	return c
}

func decodeCallInto(r *rowcodec.Reader, c *call.Call) {
	for r.Next() {
		switch r.Field() {
		case 1:
			c.Status = call.Status(r.String())
		case 2:
			c.Department.ID = r.String()
		case 3:
			c.Department.Name = r.String()
		case 4:
			c.User.ID = r.String()
		case 5:
			c.User.Name = r.String()
		case 6:
			c.Customer.Name = r.String()
		case 7:
			c.Customer.Email = r.String()
		case 8:
			c.Customer.Phone = r.String()
		case 9:
			c.Reason = r.String()
		case 10:
			c.Notes = r.String()
		case 11:
			c.Rating = int(r.Int())
		case 12:
			c.Comment = r.String()
		case 13:
			c.HasRecording = r.Bool()
		case 14:
			c.InsertedAt = r.Time()
		case 15:
			c.AssignedAt = r.Time()
		case 16:
			c.StartedAt = r.Time()
		case 17:
			c.EndedAt = r.Time()
		case 18:
			c.EndReason = call.EndReason(r.String())
		case 19:
			c.DisconnectedAt = r.Time()
		case 20:
			c.ReconnectedAt = r.Time()
		case 21:
			c.Limits.Queue = time.Duration(r.Int())
		case 22:
			c.Limits.Answer = time.Duration(r.Int())
		case 23:
			c.Limits.Grace = time.Duration(r.Int())
		case 24:
			c.Limits.Longest = time.Duration(r.Int())
		case 25:
			c.AgentConn = decodeParticipant(r)
		case 26:
			c.CustomerConn = decodeParticipant(r)
		case 27:
			c.ChangedAt = r.Time()
		case 28:
			c.ErasedAt = r.Time()
		}
	}
}

func participantRow(w *rowcodec.Writer, field int, p call.Participant) {
	if p == (call.Participant{}) {
		return
	}
	w.Record(field, func(w *rowcodec.Writer) {
		w.Uint(1, p.Epoch)
		w.Bool(2, p.Present)
		w.Time(3, p.LostAt)
		w.Time(4, p.Deadline)
	})
}

func decodeParticipant(r *rowcodec.Reader) (p call.Participant) {
	r.Record(func(r *rowcodec.Reader) {
		for r.Next() {
			switch r.Field() {
			case 1:
				p.Epoch = r.Uint()
			case 2:
				p.Present = r.Bool()
			case 3:
				p.LostAt = r.Time()
			case 4:
				p.Deadline = r.Time()
			}
		}
	})
	return p
}

// waitsRow writes each wait as a record, so that one of zero has its place in the list.
func waitsRow(waits []time.Duration) func(*rowcodec.Writer) {
	return func(w *rowcodec.Writer) {
		for _, wait := range waits {
			w.Record(1, func(w *rowcodec.Writer) { w.Int(1, int64(wait)) })
		}
	}
}

func decodeWaits(r *rowcodec.Reader) (waits []time.Duration) {
	for r.Next() {
		if r.Field() != 1 {
			continue
		}
		var wait time.Duration
		r.Record(func(r *rowcodec.Reader) {
			for r.Next() {
				if r.Field() == 1 {
					wait = time.Duration(r.Int())
				}
			}
		})
		waits = append(waits, wait)
	}
	return waits
}
