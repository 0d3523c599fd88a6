# SPDX-License-Identifier: GPL-2.0-or-later
unit_tests += tests/unit/test-settings
tests_unit_test_settings_SOURCES = tests/unit/test-settings.c tests/unit/conf-files.h
tests_unit_test_settings_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-settings-outputs
tests_unit_test_settings_outputs_SOURCES = tests/unit/test-settings-outputs.c tests/unit/conf-files.h
tests_unit_test_settings_outputs_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-rules-file
tests_unit_test_rules_file_SOURCES = tests/unit/test-rules-file.c tests/unit/conf-files.h
tests_unit_test_rules_file_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-rules-json
tests_unit_test_rules_json_SOURCES = tests/unit/test-rules-json.c tests/unit/conf-files.h
tests_unit_test_rules_json_LDADD = $(STREAMER_LIBS)
fake_encoder = tests/unit/fake-encoder.c tests/unit/fake-encoder.h
fake_encoder_flags = -Wl,--wrap=encoder_kind_find,--wrap=encoder_kind_at,--wrap=encoder_devices_find
unit_tests += tests/unit/test-encoder-hardware
tests_unit_test_encoder_hardware_SOURCES = tests/unit/test-encoder-hardware.c $(fake_encoder)
tests_unit_test_encoder_hardware_LDFLAGS = $(AM_LDFLAGS) $(fake_encoder_flags)
tests_unit_test_encoder_hardware_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-encoder-devices
tests_unit_test_encoder_devices_SOURCES = tests/unit/test-encoder-devices.c tests/unit/folder.h
tests_unit_test_encoder_devices_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-encoder-past
tests_unit_test_encoder_past_SOURCES = tests/unit/test-encoder-past.c tests/unit/folder.h
tests_unit_test_encoder_past_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-prober
tests_unit_test_prober_SOURCES = tests/unit/test-prober.c tests/unit/folder.h $(fake_encoder)
tests_unit_test_prober_LDFLAGS = $(AM_LDFLAGS) $(fake_encoder_flags)
tests_unit_test_prober_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-video-encoder
tests_unit_test_video_encoder_SOURCES = tests/unit/test-video-encoder.c tests/unit/counters.h \
	tests/unit/folder.h $(fake_encoder)
tests_unit_test_video_encoder_LDFLAGS = $(AM_LDFLAGS) $(fake_encoder_flags)
tests_unit_test_video_encoder_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-video
video_bench = tests/unit/video-bench.c tests/unit/video-bench.h tests/unit/fake-card.c \
	tests/unit/fake-card.h tests/unit/counters.h
tests_unit_test_video_SOURCES = tests/unit/test-video.c $(video_bench)
tests_unit_test_video_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=placeholder_frame \
	-Wl,--wrap=ladder_next
tests_unit_test_video_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-video-shape
tests_unit_test_video_shape_SOURCES = tests/unit/test-video-shape.c $(video_bench)
tests_unit_test_video_shape_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-video-copy
tests_unit_test_video_copy_SOURCES = tests/unit/test-video-copy.c tests/unit/coded-source.c \
	tests/unit/coded-source.h $(video_bench)
tests_unit_test_video_copy_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-ladder
tests_unit_test_ladder_SOURCES = tests/unit/test-ladder.c
tests_unit_test_ladder_LDADD = $(STREAMER_LIBS)
fuzz_targets += tests/fuzz/fuzz-conf
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz-conf.c $(fuzz_main)
tests_fuzz_fuzz_conf_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_conf_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-pipeline
tests_unit_test_pipeline_SOURCES = tests/unit/test-pipeline.c tests/unit/peers.c \
	tests/unit/peers.h
tests_unit_test_pipeline_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-holder
tests_unit_test_holder_SOURCES = tests/unit/test-holder.c tests/unit/folder.h
tests_unit_test_holder_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-references
tests_unit_test_references_SOURCES = tests/unit/test-references.c tests/unit/koi.c tests/unit/koi.h
tests_unit_test_references_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=recogniser_add_hashes
tests_unit_test_references_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-lessons
tests_unit_test_lessons_SOURCES = tests/unit/test-lessons.c
tests_unit_test_lessons_LDADD = $(STREAMER_LIBS)
fuzz_targets += tests/fuzz/fuzz-lessons
tests_fuzz_fuzz_lessons_SOURCES = tests/fuzz/fuzz-lessons.c $(fuzz_main)
tests_fuzz_fuzz_lessons_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_lessons_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-folder-limit
tests_unit_test_folder_limit_SOURCES = tests/unit/test-folder-limit.c
tests_unit_test_folder_limit_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-candidates
tests_unit_test_candidates_SOURCES = tests/unit/test-candidates.c
tests_unit_test_candidates_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-clips
tests_unit_test_clips_SOURCES = tests/unit/test-clips.c $(packet_helpers)
tests_unit_test_clips_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-pack
tests_unit_test_pack_SOURCES = tests/unit/test-pack.c tests/unit/packs.c tests/unit/packs.h
tests_unit_test_pack_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-pack-install
tests_unit_test_pack_install_SOURCES = tests/unit/test-pack-install.c tests/unit/faults.h \
	tests/unit/packs.c tests/unit/packs.h
tests_unit_test_pack_install_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=fchmod,--wrap=fsync,--wrap=mkdirat \
	-Wl,--wrap=renameat,--wrap=renameat2,--wrap=symlinkat,--wrap=unlinkat,--wrap=write
tests_unit_test_pack_install_LDADD = $(STREAMER_LIBS)
fuzz_targets += tests/fuzz/fuzz-pack
tests_fuzz_fuzz_pack_SOURCES = tests/fuzz/fuzz-pack.c $(fuzz_main)
tests_fuzz_fuzz_pack_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_pack_LDADD = $(STREAMER_LIBS)
fuzz_targets += tests/fuzz/fuzz-rules
tests_fuzz_fuzz_rules_SOURCES = tests/fuzz/fuzz-rules.c $(fuzz_main)
tests_fuzz_fuzz_rules_LDFLAGS = $(AM_LDFLAGS) $(fuzz_flags)
tests_fuzz_fuzz_rules_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-detector
detector_bench = tests/unit/counters.h tests/unit/detector-bench.c tests/unit/detector-bench.h tests/unit/koi.c tests/unit/koi.h
tests_unit_test_detector_SOURCES = tests/unit/test-detector.c $(detector_bench)
tests_unit_test_detector_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-detector-numbers
tests_unit_test_detector_numbers_SOURCES = tests/unit/test-detector-numbers.c $(detector_bench)
tests_unit_test_detector_numbers_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-screen
tests_unit_test_screen_SOURCES = tests/unit/test-screen.c tests/unit/koi.c tests/unit/koi.h
tests_unit_test_screen_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=detector_new
tests_unit_test_screen_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-events
tests_unit_test_events_SOURCES = tests/unit/test-events.c
tests_unit_test_events_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=log_full
tests_unit_test_events_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-facts
tests_unit_test_facts_SOURCES = tests/unit/test-facts.c tests/unit/counters.h
tests_unit_test_facts_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-lag
tests_unit_test_lag_SOURCES = tests/unit/test-lag.c
tests_unit_test_lag_LDADD = $(STREAMER_LIBS)

unit_tests += tests/unit/test-follow
tests_unit_test_follow_SOURCES = tests/unit/test-follow.c
tests_unit_test_follow_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-history
tests_unit_test_history_SOURCES = tests/unit/test-history.c
tests_unit_test_history_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-rules-place
tests_unit_test_rules_place_SOURCES = tests/unit/test-rules-place.c
tests_unit_test_rules_place_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-thresholds
tests_unit_test_thresholds_SOURCES = tests/unit/test-thresholds.c tests/unit/koi.c tests/unit/koi.h
tests_unit_test_thresholds_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-levels
tests_unit_test_levels_SOURCES = tests/unit/test-levels.c
tests_unit_test_levels_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-control
tests_unit_test_control_SOURCES = tests/unit/test-control.c
tests_unit_test_control_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-announcer
tests_unit_test_announcer_SOURCES = tests/unit/test-announcer.c
tests_unit_test_announcer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=notifier_new
tests_unit_test_announcer_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-changes
tests_unit_test_changes_SOURCES = tests/unit/test-changes.c
tests_unit_test_changes_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-jobs
tests_unit_test_jobs_SOURCES = tests/unit/test-jobs.c
tests_unit_test_jobs_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-peer-file
tests_unit_test_peer_file_SOURCES = tests/unit/test-peer-file.c
tests_unit_test_peer_file_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-reference-files
tests_unit_test_reference_files_SOURCES = tests/unit/test-reference-files.c
tests_unit_test_reference_files_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-reference-picture
tests_unit_test_reference_picture_SOURCES = tests/unit/test-reference-picture.c tests/unit/koi.c \
	tests/unit/koi.h
tests_unit_test_reference_picture_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-reference-trash
tests_unit_test_reference_trash_SOURCES = tests/unit/test-reference-trash.c
tests_unit_test_reference_trash_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-settings-change
tests_unit_test_settings_change_SOURCES = tests/unit/test-settings-change.c
tests_unit_test_settings_change_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-preview
tests_unit_test_preview_SOURCES = tests/unit/test-preview.c tests/unit/counters.h
tests_unit_test_preview_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-snapshot
tests_unit_test_snapshot_SOURCES = tests/unit/test-snapshot.c
tests_unit_test_snapshot_LDADD = $(STREAMER_LIBS)
unit_tests += tests/unit/test-candidate-files
tests_unit_test_candidate_files_SOURCES = tests/unit/test-candidate-files.c tests/unit/koi.c \
	tests/unit/koi.h
tests_unit_test_candidate_files_LDADD = $(STREAMER_LIBS)
