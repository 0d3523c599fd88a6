# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libstreamer.a
%C%_libstreamer_a_SOURCES = \
	%D%/announcer.c \
	%D%/announcer.h \
	%D%/api-candidates.c \
	%D%/api-control.c \
	%D%/api-events.c \
	%D%/api-job.c \
	%D%/api-live.c \
	%D%/api-original.c \
	%D%/api-pictures.c \
	%D%/api-private.h \
	%D%/api-references.c \
	%D%/api-rules.c \
	%D%/api-stream.c \
	%D%/api.c \
	%D%/api.h \
	%D%/audio.c \
	%D%/audio.h \
	%D%/changes.c \
	%D%/changes.h \
	%D%/codec.c \
	%D%/codec.h \
	%D%/command-detect.c \
	%D%/command-evaluate.c \
	%D%/command-hash.c \
	%D%/command-pack.c \
	%D%/command-probe-encoder.c \
	%D%/commands.c \
	%D%/commands.h \
	%D%/control-json.c \
	%D%/control-json.h \
	%D%/control.c \
	%D%/control.h \
	%D%/daemon-bus-private.h \
	%D%/daemon-bus.c \
	%D%/daemon-bus.h \
	%D%/detect.c \
	%D%/detect.h \
	%D%/encoder-devices.c \
	%D%/encoder-devices.h \
	%D%/events.c \
	%D%/events.h \
	%D%/facts.c \
	%D%/facts.h \
	%D%/follow.c \
	%D%/follow.h \
	%D%/history.c \
	%D%/history.h \
	%D%/holder.c \
	%D%/holder.h \
	%D%/input.c \
	%D%/input.h \
	%D%/jobs.c \
	%D%/jobs.h \
	%D%/ladder.c \
	%D%/ladder.h \
	%D%/lag.c \
	%D%/lag.h \
	%D%/levels.c \
	%D%/levels.h \
	%D%/manager.c \
	%D%/manager.h \
	%D%/metrics.c \
	%D%/metrics.h \
	%D%/options.c \
	%D%/options.h \
	%D%/output-bus.c \
	%D%/outputs.c \
	%D%/outputs.h \
	%D%/peer-file.c \
	%D%/peer-file.h \
	%D%/pipeline.c \
	%D%/pipeline.h \
	%D%/preview.c \
	%D%/preview.h \
	%D%/prober.c \
	%D%/prober.h \
	%D%/progress.c \
	%D%/progress.h \
	%D%/recogniser-bus.c \
	%D%/recovery.c \
	%D%/recovery.h \
	%D%/repeats.c \
	%D%/repeats.h \
	%D%/screen.c \
	%D%/screen.h \
	%D%/settings-change.c \
	%D%/settings-change.h \
	%D%/shape.c \
	%D%/shape.h \
	%D%/snapshot.c \
	%D%/snapshot.h \
	%D%/status.c \
	%D%/status.h \
	%D%/stills.c \
	%D%/stills.h \
	%D%/store.c \
	%D%/store.h \
	%D%/streamer-bus.c \
	%D%/video-private.h \
	%D%/video-source.c \
	%D%/video.c \
	%D%/video.h \
	%D%/wake.c \
	%D%/wake.h \
	%D%/watch.c \
	%D%/watch.h

bin_PROGRAMS += %D%/egm-streamer
%C%_egm_streamer_SOURCES = %D%/main.c
%C%_egm_streamer_LDADD = $(STREAMER_LIBS)

# The page is put into the object file by the assembler, which make cannot see.
%D%/watch.o: web/watch.html
EXTRA_DIST += web/watch.html
