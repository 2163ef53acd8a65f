// `holo experiment …`: what is known of experiments with flags, and the end of one.

import { findSplit, replaceSplit } from '../../document/experiments.ts'
import { toIso } from '../../core/iso.ts'
import { changeOutput } from '../../wire/changes.ts'
import { type ExperimentReport, experimentsAsRead, experimentsOutput } from '../../wire/experiments.ts'
import { type ChangeOptions, changeDocument } from '../change.ts'
import { type CommandRow, type Context, command } from '../command.ts'
import { knowFlag, loadCurrent } from '../document.ts'
import { misuse } from '../failure.ts'
