package storagetest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/avanter/voki/call/follow"
)

// jobMutants are the ways in which a store is likely to be wrong about jobs.
func jobMutants() []mutant {
	return []mutant{
		{"forgets the tries of a job", "Jobs", inPutJob(func(_ *model, j *follow.Job) { j.Tries = nil })},
		{"keeps the due time of a lane's next", "Jobs", inPutJob(func(m *model, j *follow.Job) {
			if j.Due.IsZero() {
				j.Due = m.jobs[key(j.Tenant, j.ID)].Due
			}
		})},
		{"keeps the job's own slice", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.putJob = func(j follow.Job) error { m.jobs[key(j.Tenant, j.ID)] = j; return nil }
		})},
		{"deletes jobs of all tenants", "Isolation", inTx(func(tx *mutatedTx, m *model) {
			tx.deleteJob = func(_, id string) error {
				for k := range m.jobs {
					if k.ID == id {
						delete(m.jobs, k)
					}
				}
				return nil
			}
		})},
		{"takes a cursor at 0 for none", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.cursor = func(queue, tenant string) (uint64, bool, error) {
				seq, _, err := m.Cursor(queue, tenant)
				return seq, seq > 0, err
			}
		})},
		{"gives jobs that are not due yet", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
				return m.DueJobs(queue, until.Add(time.Microsecond), room)
			}
		})},
		{"limits due jobs before it leaves out busy targets", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
				jobs, err := m.DueJobs(queue, until, follow.Room{Limit: room.Limit})
				return slices.DeleteFunc(jobs, func(j follow.Job) bool { return room.For(forWhom(j)) <= 0 }), err
			}
		})},
		{"takes a target for busy in all tenants", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
				everywhere := maps.Clone(room.Active)
				for t, n := range room.Active {
					everywhere[follow.Target{Tenant: "globex", Name: t.Name}] = n
				}
				room.Active = everywhere
				return m.DueJobs(queue, until, room)
			}
		})},
		{"fills the room with the jobs of one target", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = mutantDue(m, func(room follow.Room, _ int, j follow.Job) bool { return room.For(forWhom(j)) > 0 })
		})},
		{"forgets what targets have already", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
				return m.DueJobs(queue, until, follow.Room{Limit: room.Limit, PerTarget: room.PerTarget})
			}
		})},
		{"bounds the jobs of nobody in particular", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = mutantDue(m, func(room follow.Room, taken int, j follow.Job) bool {
				return room.PerTarget <= 0 || taken < room.PerTarget-room.Active[forWhom(j)]
			})
		})},
		{"has room for all leases that are over", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = mutantDue(m, func(room follow.Room, taken int, j follow.Job) bool {
				return j.State == follow.StateRunning || taken < room.For(forWhom(j))
			})
		})},
		{"gives due jobs target by target", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.dueJobs = func(queue string, until time.Time, room follow.Room) ([]follow.Job, error) {
				jobs, err := m.DueJobs(queue, until, room)
				slices.SortStableFunc(jobs, func(a, b follow.Job) int { return cmp.Compare(a.Target, b.Target) })
				return jobs, err
			}
		})},
		{"takes what is pending for running", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.running = func(queue string, limit int) ([]follow.Job, error) {
				return m.DueJobs(queue, endOfTime, follow.Room{Limit: limit})
			}
		})},
		{"leaves ended jobs in their lane", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.laneJobs = func(tenant, lane string, limit int) ([]follow.Job, error) {
				return m.pickJobs(func(j follow.Job) bool { return lane != "" && j.Tenant == tenant && j.Lane == lane },
					compareLane, limit), nil
			}
		})},
		{"orders a lane by id", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.laneJobs = func(tenant, lane string, limit int) ([]follow.Job, error) {
				jobs, err := m.LaneJobs(tenant, lane, everyRow)
				slices.SortFunc(jobs, compareJobs)
				return first(jobs, limit), err
			}
		})},
		{"limits jobs before it filters them", "Jobs", inTx(func(tx *mutatedTx, m *model) {
			tx.jobs = func(tenant string, f follow.Filter, after string, limit int) ([]follow.Job, error) {
				jobs, err := m.Jobs(tenant, follow.Filter{}, after, limit)
				return slices.DeleteFunc(jobs, func(j follow.Job) bool { return !f.Matches(j) }), err
			}
		})},
		{"gives ended jobs of all queues", "Jobs Model", inTx(func(tx *mutatedTx, m *model) {
			tx.endedJobs = func(_ string, before time.Time, limit int) (all []follow.Key, err error) {
				for _, queue := range []string{"q", "r", "c", "d"} {
					ended, _ := m.EndedJobs(queue, before, limit)
					all = append(all, ended...)
				}
				return first(all, limit), nil
			}
		})},
	}
}

// inPutJob changes what is written of a job.
func inPutJob(change func(m *model, j *follow.Job)) func(s *naive) {
	return inTx(func(tx *mutatedTx, m *model) {
		tx.putJob = func(j follow.Job) error {
			change(m, &j)
			return m.PutJob(j)
		}
	})
}

func forWhom(j follow.Job) follow.Target { return follow.Target{Tenant: j.Tenant, Name: j.Target} }

// mutantDue is DueJobs with another notion of which job there is room for, where so many are taken for its target.
func mutantDue(
	m *model, fits func(room follow.Room, taken int, j follow.Job) bool,
) func(string, time.Time, follow.Room) ([]follow.Job, error) {
	return func(queue string, until time.Time, room follow.Room) (jobs []follow.Job, err error) {
		taken := map[follow.Target]int{}
		for _, j := range m.allDue(queue, until) {
			if len(jobs) < room.Limit && fits(room, taken[forWhom(j)], j) {
				taken[forWhom(j)]++
				jobs = append(jobs, j)
			}
		}
		return jobs, nil
	}
}
