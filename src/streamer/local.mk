# SPDX-License-Identifier: GPL-2.0-or-later
noinst_LIBRARIES += %D%/libstreamer.a
%C%_libstreamer_a_SOURCES = \
	%D%/announcer.c \
	%D%/announcer.h \
	%D%/api.c \
	%D%/api.h \
	%D%/audio.c \
	%D%/audio.h \
	%D%/candidates.c \
	%D%/candidates.h \
	%D%/clips-writer.c \
	%D%/clips-writer.h \
	%D%/clips.c \
	%D%/clips.h \
	%D%/command-detect.c \
	%D%/command-evaluate.c \
	%D%/command-hash.c \
	%D%/command-pack.c \
	%D%/commands.c \
	%D%/commands.h \
	%D%/detect.c \
	%D%/detect.h \
	%D%/detector.c \
	%D%/detector.h \
	%D%/evaluate-clip.c \
	%D%/evaluate-clip.h \
	%D%/evaluate-load.c \
	%D%/evaluate-load.h \
	%D%/evaluate-plot.c \
	%D%/evaluate-plot.h \
	%D%/evaluate-report.c \
	%D%/evaluate-report.h \
	%D%/evaluate-sweep.c \
	%D%/evaluate-sweep.h \
	%D%/events.c \
	%D%/events.h \
	%D%/explain.c \
	%D%/explain.h \
	%D%/folder-limit.c \
	%D%/folder-limit.h \
	%D%/hash-cache.c \
	%D%/hash-cache.h \
	%D%/holder.c \
	%D%/holder.h \
	%D%/input.c \
	%D%/input.h \
	%D%/lessons-json.c \
	%D%/lessons-private.h \
	%D%/lessons.c \
	%D%/lessons.h \
	%D%/manager.c \
	%D%/manager.h \
	%D%/numbers.c \
	%D%/numbers.h \
	%D%/ocr.c \
	%D%/ocr.h \
	%D%/options.c \
	%D%/options.h \
	%D%/pack-folder.c \
	%D%/pack-folder.h \
	%D%/pack-install.c \
	%D%/pack-manifest.c \
	%D%/pack-private.h \
	%D%/pack-read.c \
	%D%/pack-report.c \
	%D%/pack-report.h \
	%D%/pack-write.c \
	%D%/pack.c \
	%D%/pack.h \
	%D%/pipeline.c \
	%D%/pipeline.h \
	%D%/progress.c \
	%D%/progress.h \
	%D%/references-watch.c \
	%D%/references-watch.h \
	%D%/references.c \
	%D%/references.h \
	%D%/repeats.c \
	%D%/repeats.h \
	%D%/rules-file.c \
	%D%/rules-file.h \
	%D%/rules-private.h \
	%D%/rules-read.c \
	%D%/rules-rois.c \
	%D%/rules-write.c \
	%D%/screen.c \
	%D%/screen.h \
	%D%/settings-check-notify.c \
	%D%/settings-check.c \
	%D%/settings-detector.c \
	%D%/settings-load.c \
	%D%/settings-notify.c \
	%D%/settings-notify.h \
	%D%/settings-private.h \
	%D%/settings.c \
	%D%/settings.h \
	%D%/status.c \
	%D%/status.h \
	%D%/store.c \
	%D%/store.h \
	%D%/unjpeg.c \
	%D%/unjpeg.h \
	%D%/video.c \
	%D%/video.h \
	%D%/watch.c \
	%D%/watch.h

bin_PROGRAMS += %D%/egm-streamer
%C%_egm_streamer_SOURCES = %D%/main.c
%C%_egm_streamer_LDADD = $(STREAMER_LIBS)

# The page is put into the object file by the assembler, which make cannot see.
%D%/watch.o: web/watch.html
EXTRA_DIST += web/watch.html
